"""Words in a file that belong to a program and not to a model: libraries, commands, code, paths that climb out.

Formats without a public specification are judged by these, and so are free texts that no loader should need. A
mention proves nothing by itself; a rule says what it means where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.formats.budget import Budget
from assay.formats.source import Source

CHUNK: Final = 1 << 20
OVERLAP: Final = 512
#: Characters of a mention that are kept.
KEPT: Final = 160
#: Mentions that one file yields at most: a thousand say no more than a hundred.
MOST: Final = 100

LIBRARY: Final = "library"
COMMAND: Final = "command"
CODE: Final = "code"
CLIMBING: Final = "climbing"

#: Without one of these no mention can stand there; looking for them is much cheaper than the pattern.
_MARKERS: Final = (
    b".so", b".dll", b".dylib", b"os.", b"subprocess", b"popen", b"/bin/", b"cmd", b"owershell", b"bash -c", b"sh -c",
    b"curl ", b"wget ", b"untime", b"ProcessBuilder", b"__import__", b"eval(", b"exec(", b"import ", b"loadstring",
    b"dofile", b"<script", b"#!/", b"oad", b"dlopen", b"b64decode", b"ctypes", b"../", b"..\\", b"__builtins__",
)  # fmt: skip

_PATTERN: Final = re.compile(
    rb"""
    (?P<library>(?<![\w./\\:-])[\w./\\:$%{}~-]{3,300}\.(?:so(?:\.\d+){0,3}|dll|dylib)(?![\w.]))
    |(?P<command>\bos\.(?:system|popen|execute|exec[lv]p?e?|spawn[lv]p?e?)\s*\(|\bio\.popen\s*\(|\bsubprocess\.\w+
        |\bpopen\s*\(|(?<![\w.])/bin/(?:ba|z|da|k)?sh\b|\bcmd(?:\.exe)?\s+/[ck]\b|\b[Pp]ower[Ss]hell(?:\.exe)?\s+-
        |\b(?:ba|z|da|k)?sh\s+-c\s|\b(?:curl|wget)\s+(?:-\w+\s+)*["']?(?:https?|ftp)://
        |\bRuntime\.getRuntime\s*\(|\bjava\.lang\.Runtime\b|\bProcessBuilder\b)
    |(?P<code>\b__import__\s*\(|(?<![\w.])(?:eval|exec)\s*\(\s*[\w"'(]|(?<![\w ])import\s+(?:os|sys|subprocess|socket)\b
        |\bfrom\s+(?:os|subprocess|ctypes)\s+import\b|\bload(?:string|file)\s*\(|\bdofile\s*\(|<script[\s>]|(?:^|\n)\#!/\w
        |\bLoadLibrary(?:Ex)?[AW]?\s*\(|\bdlopen\s*\(|\bb64decode\s*\(|\bctypes\.\w|\bpackage\.loadlib\b|\bffi\.load\b
        |\b__builtins__\b)
    |(?P<climbing>(?<![\w./\\-])(?:\.\.[/\\]){2,}[\w.]|(?<![\w./\\-])\.\.[/\\][\w.-]+[/\\][\w.-]+)
    """,
    re.VERBOSE,
)
_PRINTABLE: Final = frozenset(range(32, 127))


@dataclass(frozen=True, slots=True)
class Mention:
    """One such word.

    :param kind: :data:`LIBRARY`, :data:`COMMAND`, :data:`CODE` or :data:`CLIMBING`
    :param text: what stands there, with the printable text around it, cut to :data:`KEPT` characters
    :param word: the telling part alone
    """

    kind: str
    text: str
    word: str
    offset: int


def mentions_in(text: str, offset: int = 0) -> Iterator[Mention]:
    """Those of one text; ``offset`` is where it starts."""
    if text:
        data = text.encode("utf-8", "replace")
        yield from _find(data, offset, 0, len(data))


def mentions_of(source: Source, budget: Budget, start: int = 0, end: int | None = None) -> Iterator[Mention]:
    """Those of raw bytes, at most :data:`MOST`, in order; also of text in UTF-16 (little-endian).

    :raises LimitReached: the time is over
    :raises FormatError: the bytes can no longer be read
    """
    stop = source.size if end is None else min(end, source.size)
    found = 0
    position = start
    while position < stop:
        budget.check_time(position)
        before = min(OVERLAP, position - start)
        data = source.read(position - before, before + min(CHUNK, stop - position) + OVERLAP)
        last = min(before + CHUNK, len(data))
        for mention in _both(data, position - before, before, last):
            yield mention
            found += 1
            if found >= MOST:
                return
        position += CHUNK


def _both(data: bytes, offset: int, first: int, last: int) -> Iterator[Mention]:
    yield from _find(data, offset, first, last)
    # ASCII in UTF-16LE has a zero after every letter.
    if b".\0" in data or b"(\0" in data or b"/\0" in data:
        for shift in (0, 1):
            narrow = data[shift::2]
            wide = data[shift + 1 :: 2]
            text = bytes(low if high == 0 else 0 for low, high in zip(narrow, wide, strict=False))
            for mention in _find(text, 0, first // 2, last // 2):
                yield Mention(mention.kind, mention.text, mention.word, offset + shift + mention.offset * 2)


def _find(data: bytes, offset: int, first: int, last: int) -> Iterator[Mention]:
    if not any(marker in data for marker in _MARKERS):
        return
    for match in _PATTERN.finditer(data):
        if first <= match.start() < last:
            word = match.group().strip().decode("utf-8", "replace")
            yield Mention(
                match.lastgroup or CODE, _around(data, match.start(), match.end()), word, offset + match.start()
            )


def _around(data: bytes, start: int, end: int) -> str:
    room = max(0, KEPT - (end - start)) // 2
    left, right = start, end
    while left > 0 and start - left < room and data[left - 1] in _PRINTABLE:
        left -= 1
    while right < len(data) and right - end < room and data[right] in _PRINTABLE:
        right += 1
    return data[left:right][:KEPT].decode("utf-8", "replace").strip()
