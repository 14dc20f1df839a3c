"""Find what does not belong among numbers: programs, archives, pickles, scripts at any position of a run of bytes.

Every candidate is checked for the structure it announces, so that random numbers raise no alarm. One pass marks the
places where the first three bytes fit (a table of byte pairs, looked up for whole blocks at once); what is left is
looked at closely.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.pickle.stream import run
from assay.formats.source import Source, Window
from assay.scan.snippet import code_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A piece of this size is searched at once; a candidate's head is at most :data:`OVERLAP` bytes long.
OVERLAP: Final = 64
#: A pickle that is no accident says what it is within so many bytes.
_PICKLE_READ: Final = 1 << 20
#: Text shows as two aligned words of printable bytes in a row; with its line ends it must be longer than they are.
_TEXT_SHORTEST: Final = 24
_TEXT_READ: Final = 1 << 20
#: A table that counts up passes through all letters, in steps of its numbers' size.
_STEPS: Final = (1, 2, 4, 8)
_CODE_READ: Final = 4096
_STRAY: Final = 6
#: How far back a text's beginning is looked for.
_TEXT_BEFORE: Final = 4096
#: A run of the same few letters is a constant, not a text.
_DIFFERENT_LETTERS: Final = 8
_PRINTABLE: Final = bytes([9, 10, 13, *range(32, 127)])


@dataclass(frozen=True, slots=True)
class Payload:
    """Something that was found.

    :param what: what it is, with its article: ``an ELF program``
    :param offset: from the start of the bytes that were searched
    :param length: how far it may reach
    :param format: the name of the format it must be read as; empty when its bytes say so themselves
    :param text: it is text, which may be anybody's notes: worth a look, no finding by itself
    """

    what: str
    offset: int
    length: int
    format: str = ""
    text: bool = False


@dataclass(frozen=True, slots=True)
class _Head:
    """What something begins with, and how to tell it from an accident."""

    magic: bytes
    what: str
    holds: Callable[[Source, int, Budget], bool]
    format: str = ""


def _certain(source: Source, offset: int, budget: Budget) -> bool:  # noqa: ARG001 - the magic number is long enough
    return True


def _elf(source: Source, offset: int, budget: Budget) -> bool:  # noqa: ARG001
    head = source.read(offset, 20)
    if len(head) < 20 or head[4] not in (1, 2) or head[5] not in (1, 2) or head[6] != 1:
        return False
    return int.from_bytes(head[16:18], "little" if head[5] == 1 else "big") in (1, 2, 3, 4)


def _pe(source: Source, offset: int, budget: Budget) -> bool:  # noqa: ARG001
    head = source.read(offset, 64)
    if len(head) < 64:
        return False
    place = int.from_bytes(head[60:64], "little")
    return 64 <= place < 1 << 16 and source.read(offset + place, 4) == b"PE\x00\x00"


def _zip(source: Source, offset: int, budget: Budget) -> bool:  # noqa: ARG001
    head = source.read(offset, 30)
    if len(head) < 30:
        return False
    version, method, length = head[4], int.from_bytes(head[8:10], "little"), int.from_bytes(head[26:28], "little")
    name = source.read(offset + 30, min(length, 256))
    known = method in (0, 8, 9, 12, 14, 93, 95, 97, 99) and version <= 63
    return known and 0 < length <= 4096 and len(name) > 0 and min(name) >= 32


def _gzip(source: Source, offset: int, budget: Budget) -> bool:  # noqa: ARG001
    head = source.read(offset, 4096)
    if len(head) < 18 or head[3] & 0xE0 or head[8] not in (0, 2, 4) or (head[9] > 13 and head[9] != 255):
        return False
    try:
        return len(zlib.decompressobj(31).decompress(head, 256)) > 0
    except zlib.error:
        return False


def _mach(source: Source, offset: int, budget: Budget) -> bool:  # noqa: ARG001
    head = source.read(offset, 16)
    if len(head) < 16:
        return False
    return int.from_bytes(head[4:8], "little") & 0xFF in (7, 12, 18) and int.from_bytes(head[12:16], "little") <= 12


def _shebang(source: Source, offset: int, budget: Budget) -> bool:  # noqa: ARG001
    return not source.read(offset, 24).partition(b"\n")[0].translate(None, _PRINTABLE)


def _pickle(source: Source, offset: int, budget: Budget) -> bool:
    """Whether an unpickler would import something there: random bytes name nothing."""
    window = Window(source, offset, _PICKLE_READ)
    try:
        view = run(window, 0, budget, streams=1)
    except FormatError:
        return False
    return any(_is_name(found.module) and _is_name(found.name) for found in view.imports)


def _is_name(text: str) -> bool:
    return text.isascii() and text.replace(".", "").isidentifier()


#: Opcodes that a pickle which does anything begins with, behind its protocol.
_FIRST: Final = b"c(]})\x8c\x8eXUBCKJMG\x89\x88N\x8f\x93q0V\x94\x80Ii"

#: Pickles of the first protocols have no mark of their own: they are known by the modules that payloads are made of.
_MODULES: Final = (
    b"os", b"posix", b"nt", b"builtins", b"__builtin__", b"subprocess", b"sys", b"commands", b"importlib", b"runpy",
    b"pty", b"socket", b"shutil", b"webbrowser", b"codecs", b"operator", b"functools", b"pickle", b"_pickle", b"torch",
    b"numpy", b"platform", b"timeit", b"ctypes", b"marshal", b"types", b"asyncio", b"bdb", b"pdb", b"code", b"pip",
)  # fmt: skip

HEADS: Final[tuple[_Head, ...]] = (
    _Head(b"\x7fELF", "an ELF program", _elf),
    _Head(b"MZ\x90\x00", "a Windows program", _pe),
    _Head(b"MZ", "a Windows program", _pe),
    _Head(b"\xcf\xfa\xed\xfe", "a Mach-O program", _mach),
    _Head(b"\xce\xfa\xed\xfe", "a Mach-O program", _mach),
    _Head(b"PK\x03\x04", "a zip", _zip),
    _Head(b"\x1f\x8b\x08", "a gzip stream", _gzip),
    _Head(b"7z\xbc\xaf\x27\x1c", "a 7z archive", _certain),
    _Head(b"\xfd7zXZ\x00", "an xz stream", _certain),
    _Head(b"\x93NUMPY", "a NumPy array", _certain),
    _Head(b"\x89HDF\r\n\x1a\n", "an HDF5 file", _certain),
    _Head(b"#!/", "a script", _shebang),
    *(_Head(bytes((0x80, version)), "a pickle", _pickle, "pickle") for version in (2, 3, 4, 5)),
    *(_Head(opcode + module + b"\n", "a pickle", _pickle, "pickle") for module in _MODULES for opcode in (b"c", b"i")),
)


def at_start(source: Source, budget: Budget) -> Payload | None:
    """What the bytes begin with, if that is no number."""
    start = source.read(0, OVERLAP)
    for head in HEADS:
        if start.startswith(head.magic) and head.holds(source, 0, budget):
            return Payload(head.what, 0, source.size, head.format)
    return None


@dataclass(frozen=True, slots=True)
class _Tables:
    """Which pairs of bytes are worth a second look, and which heads begin with which three bytes."""

    pairs: NDArray[np.bool_]
    triples: NDArray[np.uint32]
    heads: dict[int, list[_Head]]


@cache
def _tables() -> _Tables:
    pairs = np.zeros(1 << 16, np.bool_)
    heads: dict[int, list[_Head]] = {}
    for head in HEADS:
        first, second = head.magic[:2]
        for third in _thirds(head):
            pairs[first | second << 8] = True
            pairs[second | third << 8] = True
            heads.setdefault(first | second << 8 | third << 16, []).append(head)
    return _Tables(pairs, np.array(sorted(heads), np.uint32), heads)


def _thirds(head: _Head) -> bytes:
    """The third bytes it may have. Two bytes are too few to look for everywhere: the longer form of such a head is."""
    if len(head.magic) > 2:
        return head.magic[2:3]
    return _FIRST + b"\x95" if head.format == "pickle" else b""


class Searcher:
    """Looks for all of them at once; keeps the room it works in."""

    def __init__(self) -> None:
        self._tables = _tables()
        self._marked: NDArray[np.bool_] = np.empty(0, np.bool_)

    def find(self, source: Source, begin: int, end: int, budget: Budget, *, texts: bool = True) -> Iterator[Payload]:
        """What lies between two places of a source, in order of place; a payload may reach beyond ``end``.

        A text is found again in the next piece that it reaches into.

        :param texts: look for them as well, which takes long where there are many
        """
        block = source.read(begin, min(end + OVERLAP, source.size) - begin)
        written = _texts(block, end - begin) if texts else ()
        found = sorted({*self._heads(block), *((place, None) for place in written)}, key=_place)
        for place, head in found:
            offset = begin + place
            if place >= end - begin:
                return
            if head is None:
                if (text := _text(source, offset)) is not None:
                    yield text
            elif head.holds(source, offset, budget):
                yield Payload(head.what, offset, source.size - offset, head.format)

    def _heads(self, block: bytes) -> Iterator[tuple[int, _Head | None]]:
        count = len(block) // 2
        if count < 2:
            return
        words = np.frombuffer(block, np.dtype("<u2"), count)
        if len(self._marked) < count:
            self._marked = np.empty(count, np.bool_)
        marked = self._marked[:count]
        np.take(self._tables.pairs, words, out=marked, mode="clip")
        hits = np.flatnonzero(marked).astype(np.int64) * 2
        starts = np.concatenate((hits, hits - 1))
        starts = starts[(starts >= 0) & (starts + 2 < len(block))]
        values = np.frombuffer(block, np.uint8)
        triples = (
            values[starts] | values[starts + 1].astype(np.uint32) << 8 | values[starts + 2].astype(np.uint32) << 16
        )
        known = self._tables.triples
        fits = known[np.searchsorted(known, triples).clip(max=len(known) - 1)] == triples
        for start in starts[fits].tolist():
            for head in self._tables.heads[int.from_bytes(block[start : start + 3], "little")]:
                if block.startswith(head.magic, start):
                    yield start, head


def _place(found: tuple[int, _Head | None]) -> tuple[int, str]:
    return found[0], "" if found[1] is None else found[1].what


def _texts(block: bytes, end: int) -> Iterator[int]:
    """Where runs of printable bytes begin, as far as whole words show it."""
    count = len(block) // 8
    if count < 2:
        return
    words = np.frombuffer(block, np.dtype("<u8"), count)
    # A printable byte has the highest bit clear, and one of the next two set.
    plain = (words & np.uint64(0x8080808080808080)) == 0
    high = np.uint64(0x4040404040404040)
    plain &= ((words | (words << np.uint64(1))) & high) == high
    last = -2
    for place in np.flatnonzero(plain[1:] & plain[:-1]).tolist():
        if place != last + 1 and place * 8 < end:
            before = block[max(0, place * 8 - _TEXT_BEFORE) : place * 8].translate(_TEXT_MARKS)
            yield place * 8 - (len(before) - 1 - before.rfind(b"\x00"))
        last = place


def _text(source: Source, offset: int) -> Payload | None:
    """The text that begins there, unless it is one and the same letter over and over, or a ramp."""
    piece = source.read(offset, _TEXT_READ)
    ending = piece.translate(_TEXT_MARKS).find(b"\x00")
    length = len(piece) if ending < 0 else ending
    start = piece[: min(length, 512)]
    if length < _TEXT_SHORTEST or len(set(start)) < _DIFFERENT_LETTERS:
        return None
    if any(len({b - a for a, b in zip(start, start[step:], strict=False)}) < _DIFFERENT_LETTERS for step in _STEPS):
        return None
    return Payload("text", offset, length, text=True)


def code_of(source: Source, text: Payload) -> str:
    """What code a text is; empty when it is none.

    Numbers around it may happen to be printable, so its first and last few characters may be no part of it.
    """
    found = source.read(text.offset, min(text.length, _CODE_READ)).decode("latin-1")
    if not any(mark in found for mark in "(/<"):
        return ""
    for first in range(_STRAY):
        for last in range(_STRAY):
            if code := code_in(found[first : len(found) - last]):
                return code
    return ""


_TEXT_MARKS: Final = bytes(1 if letter in _PRINTABLE else 0 for letter in range(256))
