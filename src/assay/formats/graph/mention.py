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
    (?P<command>\bos\.(?:system|popen|execute|exec[lv]p?e?|spawn[lv]p?e?)\s*\(|\bio\.popen\s*\(|\bsubprocess\.\w+
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
_SUFFIX: Final = re.compile(rb"\.(?:so(?:\.\d+){0,3}|dll|dylib)(?![\w.])")
_PATH: Final = re.compile(rb"[\w./\\:$%{}~-]{3,}\Z")
_LONGEST_PATH: Final = 300
#: Text in binary data. Random bytes have few such runs, so that most of a large file is passed over quickly.
_RUN: Final = re.compile(rb"[\t\n\r -~]{6,}")
#: ASCII text in UTF-16LE: a zero after every letter.
_WIDE: Final = re.compile(rb"(?:[\t\n\r -~]\0){6,}")
#: One of these is in every telling word, so written.
_WIDE_MARKS: Final = (
    b"\0.\0", b"\0(\0", b"\0/\0", b"\0\\\0", b"e\0r\0", b"_\0_\0", b"<\0s\0",
    b"t\0 \0", b"m\0 \0", b"l\0 \0", b"h\0 \0",
)  # fmt: skip
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
    if not any(mark in data for mark in _WIDE_MARKS):
        return
    for run in _WIDE.finditer(data):
        if first <= run.start() < last:
            text = run.group()[::2]
            for mention in _find(text, 0, 0, len(text)):
                yield Mention(mention.kind, mention.text, mention.word, offset + run.start() + mention.offset * 2)


def _find(data: bytes, offset: int, first: int, last: int) -> Iterator[Mention]:
    for run in _RUN.finditer(data):
        start, piece = run.start(), run.group()
        if start >= last or run.end() <= first or not any(marker in piece for marker in _MARKERS):
            continue
        found = sorted((*_words(piece), *_libraries(piece)))
        for begin, end, kind in found:
            if first <= start + begin < last:
                word = piece[begin:end].strip().decode("utf-8", "replace")
                yield Mention(kind, _around(piece, begin, end), word, offset + start + begin)


def _words(piece: bytes) -> Iterator[tuple[int, int, str]]:
    for match in _PATTERN.finditer(piece):
        yield match.start(), match.end(), match.lastgroup or CODE


def _libraries(piece: bytes) -> Iterator[tuple[int, int, str]]:
    for match in _SUFFIX.finditer(piece):
        before = max(0, match.start() - _LONGEST_PATH)
        if path := _PATH.search(piece[before : match.start()]):
            yield before + path.start(), match.end(), LIBRARY


def _around(data: bytes, start: int, end: int) -> str:
    room = max(0, KEPT - (end - start)) // 2
    left, right = start, end
    while left > 0 and start - left < room and data[left - 1] in _PRINTABLE:
        left -= 1
    while right < len(data) and right - end < room and data[right] in _PRINTABLE:
        right += 1
    return data[left:right][:KEPT].decode("utf-8", "replace").strip()
