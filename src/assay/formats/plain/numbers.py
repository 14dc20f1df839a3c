"""Tables of numbers that have no mark of their own but a structure: MATLAB 4, Stata before 13, word2vec, Fortran.

None of their readers runs anything. Their structure is walked to its end, so that what is appended is seen.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from assay.formats.budget import Budget
from assay.formats.plain.plain import Plain
from assay.formats.signature import Claim, Head
from assay.formats.source import Source
from assay.formats.view import NotThisFormat

_BLOCK: Final = 1 << 20
#: Bytes of one number of a MATLAB 4 matrix, by the tens digit of its type.
_MATLAB_SIZES: Final = (8, 4, 4, 2, 2, 1)
STATA: Final = frozenset({104, 105, 108, 110, 111, 113, 114, 115})
_STAMP: Final = re.compile(rb"(\d\d| \d) [A-Z][a-z]{2} \d{4} +\d{1,2}:\d\d\0|\0")
_VECTORS: Final = re.compile(rb"(\d{1,9}) (\d{1,5})\n")
_LONGEST_WORD: Final = 4096


def matlab(head: Head) -> Claim:
    """Matrices of MATLAB 4."""
    return Claim.PLAUSIBLE if _matrix(head.start[:1024], head.size) else Claim.NO


def stata(head: Head) -> Claim:
    """Stata's tables before version 13, whose header is text after a few numbers."""
    start = head.start
    if len(start) < 110 or start[0] not in STATA or start[1] not in {1, 2} or start[2:4] != b"\1\0":
        return Claim.NO
    count = int.from_bytes(start[4:6], "little" if start[1] == 2 else "big")
    label = start[10:42] if start[0] < 108 else start[10:91]
    stamp = start[10 + len(label) : 28 + len(label)]
    return Claim.CERTAIN if count and b"\0" in label and _STAMP.match(stamp) else Claim.NO


def word2vec(head: Head) -> Claim:
    """Vectors as word2vec writes them in binary."""
    found = _VECTORS.match(head.start)
    if found is None or head.text or not int(found[1]) or not int(found[2]):
        return Claim.NO
    return Claim.PLAUSIBLE if head.size >= int(found[1]) * (2 * int(found[2]) + 1) else Claim.NO


def fortran(head: Head) -> Claim:
    """Records of an unformatted Fortran file: each between its length and its length."""
    length = int.from_bytes(head.start[:4], "little")
    if not 0 < length <= head.size - 8:
        return Claim.NO
    return Claim.PLAUSIBLE if head.source.read(4 + length, 4) == head.start[:4] else Claim.NO


def read(source: Source, budget: Budget, _name: str) -> Plain:
    """See :class:`~assay.formats.signature.Reader`."""
    if stata(Head(source, "")):
        return Plain(source)
    for walk in (_matlab_end, _word2vec_end, _fortran_end):
        end = walk(source, budget)
        if end:
            return Plain(source, end)
    raise NotThisFormat("it is no table of numbers of a known kind", offset=0)


def _matrix(header: bytes, room: int) -> int:
    """The bytes of a matrix with its header and name; 0 when it is none."""
    if len(header) < 20:
        return 0
    for order, swapped in (("<", 0), (">", 1000)):
        kind, rows, columns, imaginary, name_length = struct.unpack(order + "5I", header[:20])
        digits = kind - swapped
        if not 0 <= digits <= 52 or digits // 10 > 5 or digits % 10 > 2 or imaginary > 1 or not 2 <= name_length <= 65:
            continue
        name = header[20 : 20 + name_length]
        if not name.endswith(b"\0") or not name[:-1].decode("latin-1").isidentifier():
            continue
        size = 20 + name_length + rows * columns * _MATLAB_SIZES[digits // 10] * (1 + imaginary)
        return size if size <= room else 0
    return 0


def _matlab_end(source: Source, budget: Budget) -> int:
    at = 0
    while size := _matrix(source.read(at, 128), source.size - at):
        budget.spend_members(offset=at)
        at += size
    return at


def _word2vec_end(source: Source, budget: Budget) -> int:
    found = _VECTORS.match(source.read(0, 32))
    if found is None:
        return 0
    ends = (_vectors_end(source, budget, found.end(), int(found[1]), size * int(found[2])) for size in (4, 8, 2))
    return next(filter(None, ends), 0)


def _vectors_end(source: Source, budget: Budget, at: int, count: int, width: int) -> int:
    block, begin = b"", at
    for _ in range(count):
        if len(block) - (at - begin) < _LONGEST_WORD:
            budget.check_time(at)
            block, begin = source.read(at, max(_BLOCK, _LONGEST_WORD)), at
        space = block.find(b" ", at - begin, at - begin + _LONGEST_WORD)
        word = block[at - begin : max(space, 0)].lstrip(b"\n")
        if space < 0 or not word or any(letter < 32 for letter in word):
            return 0
        at = begin + space + 1 + width
        if at > source.size:
            return 0
        if at - begin > len(block):
            block, begin = b"", at
    return at + 1 if source.read(at, 1) == b"\n" else at


def _fortran_end(source: Source, budget: Budget) -> int:
    at = 0
    while at < source.size:
        mark = source.read(at, 4)
        length = int.from_bytes(mark, "little")
        if len(mark) < 4 or source.read(at + 4 + length, 4) != mark:
            return 0
        at += 8 + length
        budget.spend_members(offset=at)
    return at
