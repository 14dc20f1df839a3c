"""What ``pip`` is told to install: options, requirements and addresses, line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.formats.budget import Budget
from assay.formats.repository.text import decode, read_all
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View

MAX_BYTES: Final = 4 << 20
#: Names under which such files go.
NAMED: Final = re.compile(
    r"(?:.*[-_.])?(?:reqs?|requirements?|constraints?)(?:[-_.].*)?\.(?:txt|in|pip)", re.IGNORECASE
)
_OPTION: Final = re.compile(r"(--?[A-Za-z][\w-]*)(?:[=\s]\s*(.*))?")
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,200}\s*(?:\[[^\]]{0,500}\])?\s*(?:[<>=!~;@(#].*)?")
_SHORT: Final = {
    "-i": "--index-url",
    "-f": "--find-links",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
}
_OPTIONS: Final = frozenset(
    (
        "--index-url", "--pypi-url", "--extra-index-url", "--find-links", "--trusted-host", "--requirement",
        "--constraint", "--editable", "--no-index", "--pre", "--prefer-binary", "--require-hashes", "--no-binary",
        "--only-binary", "--use-feature", "--hash", "--config-settings", "--global-option", "--install-option",
        "--no-deps", "--no-build-isolation",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One entry.

    :param option: ``--index-url`` and the like in its long form; empty for a requirement
    :param value: the option's value, or the requirement as it stands
    """

    option: str
    value: str
    number: int


class Requirements(View):
    """A requirements file."""

    kind: ClassVar[str] = "requirements"

    def __init__(self, lines: list[Line]) -> None:
        super().__init__()
        self.lines = lines


def read(source: Source, budget: Budget, name: str) -> Requirements:
    """See :class:`assay.formats.signature.Reader`."""
    text = decode(read_all(source, budget, MAX_BYTES)).removeprefix("\ufeff")
    lines = parse(text)
    if not lines or (not NAMED.fullmatch(name) and any(not _plausible(line) for line in lines)):
        raise NotThisFormat("no requirements file")
    return Requirements(lines)


def parse(text: str) -> list[Line]:
    """The entries of a requirements file: comments dropped, continued lines joined."""
    found: list[Line] = []
    kept, begun = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw if not raw.lstrip().startswith("#") else ""
        begun = begun if kept else number
        if line.endswith("\\") and len(kept) < 64 << 10:
            kept += line[:-1]
            continue
        line, kept = re.sub(r"(?:^|\s)#.*", "", kept + line).strip(), ""
        if line:
            found += _entries(line, begun)
    return found


def _entries(line: str, number: int) -> list[Line]:
    if not line.startswith("-"):
        return [Line("", line, number)]
    match = _OPTION.fullmatch(line)
    if match is None:
        return [Line("", line, number)]
    option = _SHORT.get(match[1], match[1].lower())
    if option not in _OPTIONS and match[1][:2] in _SHORT:  # -ihttps://… is allowed, too
        return [Line(_SHORT[match[1][:2]], line[2:].strip(), number)]
    return [Line(option, (match[2] or "").strip(), number)]


def _plausible(line: Line) -> bool:
    if line.option:
        return line.option in _OPTIONS
    return bool(_NAME.fullmatch(line.value)) or "://" in line.value.partition(" ")[0]
