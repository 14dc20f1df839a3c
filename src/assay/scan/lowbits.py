"""What hides in the least significant bits of floating-point numbers, where changing them leaves the model working.

The low bytes of trained numbers are noise, or all zeros where they were converted from a shorter type. Both planes a
payload was written to and what it is can be told as long as it was not encrypted; noise on noise cannot. Only samples
are looked at: the beginning of each larger tensor, where known methods start, and places spread over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from assay.formats.budget import Budget
from assay.formats.source import Memory
from assay.formats.view import Tensor
from assay.scan.payload import Searcher, code_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Smaller tensors have too few low bytes to hide anything in.
SMALLEST: Final = 64 << 10
_SAMPLE: Final = 64 << 10
_PLACES: Final = 16
_CHUNK: Final = 4096
#: Bits of entropy in a byte: above, noise; between the others, the bytes of a program or a text.
_NOISE: Final = 7.9
_STRUCTURE: Final = (2.0, 7.2)
#: Numbers that take few values (rounded, or quantised and back) have low bytes of few values, too.
_DIFFERENT: Final = 64

#: What keeps the planes apart: an even number of bytes that nothing begins with and no text goes over.
_BETWEEN: Final = bytes(128)
_SIZES: Final = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class Hidden:
    """Low bits that are no noise.

    :param bits: how many of each number's lowest bits hold it
    :param what: ``an ELF program``, ``text``; empty when only the entropy says that something is there
    :param entropy: of a byte, the lowest found; the rest of the tensor is noise
    :param sure: its structure was found to be whole
    """

    tensor: str
    bits: int
    what: str
    offset: int | None
    entropy: float = 8.0
    sure: bool = False


def look(tensor: Tensor, searcher: Searcher, budget: Budget) -> Iterator[Hidden]:
    """What is hidden in samples of the tensor's low bits: at most one thing of each kind."""
    size = _SIZES.get(tensor.dtype)
    if size is None or tensor.source.size < SMALLEST:
        return
    start = _numbers(tensor, 0, _SAMPLE, size)
    planes = list(_planes(start, size))
    together = Memory(b"".join(plane + _BETWEEN for _, plane in planes))
    every = list(searcher.find(together, 0, together.size, budget))
    found = next((payload for payload in every if not payload.text), every[0] if every else None)
    if found is not None:
        code = code_of(together, found) if found.text else ""
        if found.text and not code and not _prose(together.read(found.offset, min(found.length, _CHUNK))):
            return
        what = f"text that holds {code}" if code else found.what
        yield Hidden(
            tensor.name, _bits_at(planes, found.offset), what, tensor.offset, sure=bool(code) or not found.text
        )
        return
    if size >= 4 and tensor.source.size >= _PLACES * _CHUNK * size:
        step = tensor.source.size // _PLACES // size * size
        entropies = [
            _entropy(_numbers(tensor, place * step, _CHUNK * size, size)[:, 0]) for place in range(_PLACES)
        ]  # fmt: skip
        lowest = min(entropies)
        if max(entropies) > _NOISE and _STRUCTURE[0] < lowest < _STRUCTURE[1]:
            offset = None if tensor.offset is None else tensor.offset + entropies.index(lowest) * step
            yield Hidden(tensor.name, 8, "", offset, lowest)


def _numbers(tensor: Tensor, offset: int, length: int, size: int) -> NDArray[np.uint8]:
    """Some of the tensor's numbers, one in a row, the lowest byte first."""
    data = tensor.source.read(offset, length)
    rows = np.frombuffer(data, np.uint8, len(data) // size * size).reshape(-1, size)
    return rows[:, ::-1] if tensor.big_endian else rows


def _planes(rows: NDArray[np.uint8], size: int) -> Iterator[tuple[int, bytes]]:
    """The bytes that the lowest bits of the numbers make, in the orders in which they may have been written."""
    yield 8, rows[:, 0].tobytes()
    for count in range(2, min(size, 4)):
        yield 8 * count, rows[:, :count].tobytes()
        yield 8 * count, rows[:, count - 1 :: -1].tobytes()
    last = rows[:, 0] & 1
    yield 1, np.packbits(last).tobytes()
    yield 1, np.packbits(last, bitorder="little").tobytes()


def _prose(text: bytes) -> bool:
    """Whether most of it is what people write in: small letters, blanks and line ends."""
    return len(text.translate(None, b"abcdefghijklmnopqrstuvwxyz \n_")) * 5 < len(text) * 2


def _bits_at(planes: list[tuple[int, bytes]], offset: int) -> int:
    """How many bits of each number the plane takes that this offset of all planes together lies in."""
    for bits, plane in planes:
        offset -= len(plane) + len(_BETWEEN)
        if offset < 0:
            return bits
    return 0


def _entropy(values: NDArray[np.uint8]) -> float:
    """Bits of entropy per byte; 0 when there are too few different ones to say anything."""
    counts = np.bincount(values, minlength=256)
    if np.count_nonzero(counts) < _DIFFERENT:
        return 0.0
    shares = counts[counts > 0] / len(values)
    return float(-(shares * np.log2(shares)).sum())
