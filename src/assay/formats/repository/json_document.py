"""JSON, JSON lines and JSON with comments, in which a key that stands twice is noticed instead of dropped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.document import Document, Findings, Node
from assay.formats.repository.text import decode_strictly, read_all
from assay.formats.source import Source
from assay.formats.view import Contrived, NotThisFormat

#: The largest tokenizer that was met has 33 MB.
MAX_BYTES: Final = 128 << 20
#: Bytes that the tree of a document may take, as reckoned from its punctuation.
MAX_TREE: Final = 768 << 20
#: Whole numbers of more digits are of no interest here, and slow to read.
MAX_DIGITS: Final = 30
#: Of longer JSON lines this much is held as a tree at once.
SLICE: Final = 16 << 20
SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".ipynb", ".jsonc", ".json5", ".webmanifest", ".geojson", ".map")

_COMMENT: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_COMMA: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|,(?=\s*+[\]}])')


class Records(Document):
    """Many JSON lines: a document without content whose parts are documents of a few thousand lines each."""

    def __init__(self, source: Source, budget: Budget, name: str) -> None:
        super().__init__("json", name, [], "", Findings())
        self._source = source
        self._budget = budget

    def parts(self) -> Iterator[Document]:
        """See :class:`View`; a line that is no JSON, or longer than a slice, ends it."""
        place, line = 0, 1
        while place < self._source.size:
            self._budget.check_time(place)
            data = self._source.read(place, SLICE)
            if place + len(data) < self._source.size:
                data = data[: data.rfind(b"\n") + 1]
            if not data:
                raise FormatError(f"a line of more than {SLICE:,} bytes", offset=place)
            _check_cost(data)
            try:
                part = _lines(_decode(data, claimed=True), self.name, self._budget)
            except json.JSONDecodeError as error:
                raise FormatError(f"not valid JSON: {error.msg} in a line of its own", offset=place) from error
            part.first_line = line
            yield part
            line += data.count(b"\n")
            place += len(data)


def read(source: Source, budget: Budget, name: str) -> Document:
    """See :class:`assay.formats.signature.Reader`."""
    claimed = name.lower().endswith(SUFFIXES)
    if source.size > MAX_BYTES and not claimed:
        raise NotThisFormat("too long for a JSON document")
    if source.size > SLICE and _is_lines(source):
        return Records(source, budget, name)
    data = read_all(source, budget, MAX_BYTES)
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        return Document("json", name, [], "", Findings())
    _check_cost(data)
    text = _decode(data, claimed)
    noticed = Findings()
    try:
        return Document("json", name, [parse(text, noticed)], text, noticed)
    except json.JSONDecodeError as error:
        return _otherwise(text, name, budget, error, claimed=claimed)


def parse(text: str, noticed: Findings) -> Node:
    """The tree of a JSON text; ``NaN`` and infinities are tolerated, as Python's own reader does.

    :raises json.JSONDecodeError: it is no JSON
    :raises FormatError: it is nested too deeply
    """
    decoder = json.JSONDecoder(object_pairs_hook=noticed.merge, parse_int=_whole, strict=False)
    try:
        tree: Node = decoder.decode(text.removeprefix("\ufeff"))
    except RecursionError as error:
        raise Contrived("JSON nested too deeply") from error
    return tree


def _otherwise(text: str, name: str, budget: Budget, first: json.JSONDecodeError, *, claimed: bool) -> Document:
    """What is not one JSON value: lines of them, or one with comments or commas too many."""
    begins = text.lstrip()[:1]
    if first.msg == "Extra data" and begins in ("{", "["):
        try:
            return _lines(text, name, budget)
        except json.JSONDecodeError:
            pass
    noticed = Findings()
    plain = _COMMA.sub(lambda found: found[0] if found[0][0] == '"' else "", _COMMENT.sub(_uncommented, text))
    try:
        return Document("json", name, [parse(plain, noticed)], text, noticed)
    except json.JSONDecodeError:
        pass
    what = f"not valid JSON: {first.msg} in line {first.lineno}"
    if not claimed:
        raise NotThisFormat(what, offset=first.pos) from first
    raise FormatError(what, offset=first.pos) from first


def _lines(text: str, name: str, budget: Budget) -> Document:
    noticed = Findings()
    roots: list[Node] = []
    for number, line in enumerate(text.splitlines()):
        if number % 1024 == 0:
            budget.check_time()
        if line.strip():
            roots.append(parse(line, noticed))
    return Document("json", name, roots, text, noticed)


def _is_lines(source: Source) -> bool:
    """Whether its first line is a JSON value of its own, and a second follows."""
    first, newline, rest = source.read(0, 1 << 20).partition(b"\n")
    if not newline or rest.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _decode(data: bytes, claimed: bool) -> str:
    if data[:2] in (b"{\0", b"[\0"):
        return data.decode("utf-16-le", "replace")
    if data[:2] in (b"\0{", b"\0["):
        return data.decode("utf-16-be", "replace")
    try:
        return decode_strictly(data)
    except NotThisFormat:
        if not claimed:
            raise
        return data.decode("utf-8", "replace")


def _check_cost(data: bytes) -> None:
    """Refuse what would take too much memory as a tree.

    :raises FormatError: it would
    """
    cost = 100 * data.count(b"[") + 300 * data.count(b"{") + 70 * data.count(b",")
    if cost > MAX_TREE:
        raise FormatError(f"LIMIT tree ({MAX_TREE:,})")


def _uncommented(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else " "


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_DIGITS else float("inf")
