"""Headers of plain numbers without a mark: medical pictures, models of dlib, old fastText."""

from __future__ import annotations

import math
import re
import struct
from typing import Final, Literal

from assay.formats.signature import Claim, Head

_BITS: Final = frozenset({0, 1, 8, 16, 24, 32, 64, 96, 128, 256})
#: Bytes of one voxel of an MGH picture, by its type.
_MGH: Final = {0: 1, 1: 4, 3: 4, 4: 2}
_MGH_HEADER: Final = 284
_FASTTEXT: Final = struct.Struct("<12id")


def nifti(head: Head) -> Claim:
    """NIfTI pictures, and those of Analyze before them."""
    start = head.start
    if start[4:8] in {b"n+2\0", b"ni2\0"}:
        return Claim.CERTAIN
    if len(start) < 348:
        return Claim.NO
    order: Literal["little", "big"] = "little" if start[:2] == b"\x5c\x01" else "big"
    if int.from_bytes(start[:4], order) != 348:
        return Claim.NO
    axes, bits = (int.from_bytes(start[at : at + 2], order) for at in (40, 72))
    marked = start[344:348] in {b"n+1\0", b"ni1\0"} or start[38:39] == b"r"
    return Claim.CERTAIN if marked and axes <= 7 and bits in _BITS else Claim.NO


def mgh(head: Head) -> Claim:
    """FreeSurfer's pictures."""
    start = head.start
    if start[:4] != b"\0\0\0\1" or len(start) < _MGH_HEADER:
        return Claim.NO
    *axes, kind = struct.unpack(">5I", start[4:24])
    needs = math.prod(axes) * _MGH.get(kind, 0)
    return Claim.CERTAIN if needs and needs + _MGH_HEADER <= head.size else Claim.NO


def dlib(head: Head) -> Claim:
    """dlib's networks, whose layers are named, and its shape predictors: numbers for templates of C++."""
    start = head.start
    network = start[:3] == b"\1\1\1" and start[4:9] == b"loss_"
    predictor = start[:3] == b"\1\1\x81" and start[4:6] == b"\x81\1" and start[7:8] == b"n"
    shape = start[:3] == b"\1\1\x81" and start[4:7] == b"\x81\1\3"
    return Claim.CERTAIN if network or predictor or shape else Claim.NO


def fasttext(head: Head) -> Claim:
    """fastText before it had a mark: the arguments of its training, each of which has few values."""
    if len(head.start) < _FASTTEXT.size:
        return Claim.NO
    width, window, epochs, least, negatives, words, loss, model, buckets, short, long, rate, threshold = (
        _FASTTEXT.unpack_from(head.start)
    )
    sizes = 0 < width <= 10_000 and 0 < window <= 1000 and 0 < epochs <= 100_000 and 0 <= least < 1 << 24
    few = 0 <= negatives <= 1000 and 1 <= words <= 100 and 1 <= loss <= 3 and 1 <= model <= 3
    ends = buckets >= 0 and 0 <= short <= long + 100 and 0 <= long <= 1000 and rate > 0
    return Claim.CERTAIN if sizes and few and ends and 0 <= threshold < 1 else Claim.NO


def embedded_font(head: Head) -> Claim:
    """Embedded OpenType: a mark of two letters, and a version."""
    start = head.start
    there = start[34:36] == b"LP" and start[8:12] in {b"\0\0\1\0", b"\1\0\2\0", b"\2\0\2\0"}
    return Claim.CERTAIN if there and int.from_bytes(start[:4], "little") <= head.size else Claim.NO


def arrow_stream(head: Head) -> Claim:
    """Arrow's stream form, as data sets are saved in: a message that describes the columns comes first."""
    start = head.start
    if start[:4] != b"\xff\xff\xff\xff" or len(start) < 32:
        return Claim.NO
    length = int.from_bytes(start[4:8], "little")
    if not 16 <= length <= head.size - 8 or length % 8:
        return Claim.NO
    return Claim.CERTAIN if arrow_field(start[8:], 1, 1) == 1 else Claim.NO


def arrow_field(message: bytes, number: int, width: int) -> int | None:
    """A number of a message of Arrow's, which is a FlatBuffer; ``None`` when it is not there."""
    table = int.from_bytes(message[:4], "little")
    fields = table - int.from_bytes(message[table : table + 4], "little", signed=True)
    place = fields + 4 + 2 * number
    if not 4 <= table < len(message) or not 0 < place < len(message):
        return None
    if not place + 2 <= fields + int.from_bytes(message[fields : fields + 2], "little"):
        return None
    at = table + int.from_bytes(message[place : place + 2], "little")
    return int.from_bytes(message[at : at + width], "little") if table < at <= len(message) - width else None


#: Whether a file is in the archive, or was there before, and its name; an empty name is the end.
_LISTED: Final = rb"(?:[YNDRTX][^\0]{1,4096}\0)*"


def folder_listing(head: Head) -> Claim:
    """What GNU tar keeps of a folder in an incremental archive: its files, one after the other."""
    there = re.match(_LISTED, head.start)
    if there is None or there.end() == 0 or head.end[-2:] != b"\0\0":
        return Claim.NO
    whole = there.end() == head.size - 1 if head.size <= len(head.start) else len(head.start) - there.end() <= 4096
    return Claim.PLAUSIBLE if whole else Claim.NO
