"""The numbers themselves: which are none, and what hides among them. Large tensors are never held in memory.

Every byte is looked at once. For floating-point numbers that look is cheap: a program, an archive or a pickle read as
such numbers gives absurdly large ones within a few bytes, so only pieces whose largest magnitude is absurd are searched
byte by byte. Integers and quantised blocks have no such tell and are searched throughout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import Member, Tensor, View
from assay.scan import lowbits
from assay.scan.payload import Payload, Searcher, at_start, code_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK: Final = 1 << 20
#: Of a block with absurd magnitudes, only the pieces that have them are searched.
PIECE: Final = 16 << 10
#: The start of every tensor is searched whatever its numbers look like.
_START: Final = 64 << 10
#: Payloads of one tensor that are told, and texts that are looked at.
_TOLD: Final = 16
_TEXTS: Final = 64
#: Of arrays of strings or records text is what they are for.
_NUMERIC: Final = ("float", "bfloat", "int", "uint", "bool", "complex", "Q", "I", "T", "MX", "NV", "F")


@dataclass(frozen=True, slots=True)
class _Float:
    """How a floating-point type shows its magnitude when its bits are read as a whole number.

    :param word: NumPy's code of the whole number
    :param mask: of everything but the sign
    :param absurd: larger magnitudes are no weights: 2**20 and above, for half precision 2**12
    :param infinite: the bits of infinity; what is above is no number
    """

    word: str
    mask: int
    absurd: int
    infinite: int


_FLOATS: Final = {
    "float64": _Float("u8", (1 << 63) - 1, (1023 + 20) << 52, 0x7FF << 52),
    "float32": _Float("u4", (1 << 31) - 1, (127 + 20) << 23, 0xFF << 23),
    "bfloat16": _Float("u2", (1 << 15) - 1, (127 + 20) << 7, 0xFF << 7),
    "float16": _Float("u2", (1 << 15) - 1, (15 + 12) << 10, 0x1F << 10),
}
#: Types made of two numbers.
_PARTS: Final = {"complex64": "float32", "complex128": "float64"}


@dataclass(frozen=True, slots=True)
class Found:
    """A payload and the tensor it hides in.

    :param offset: in the file, where that is known
    :param whole: the tensor is nothing else: whole numbers of eight bits that begin with it
    """

    tensor: str
    dtype: str
    payload: Payload
    offset: int | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """How many of a tensor's numbers are none.

    :param nan: not a number
    :param infinite: of either sign
    """

    tensor: str
    elements: int
    nan: int
    infinite: int
    offset: int | None


class Weights(View):
    """All tensors of one file. Its fields are filled while :meth:`members` is read to its end."""

    kind: ClassVar[str] = "weights"

    def __init__(self, tensors: Iterable[Tensor], budget: Budget) -> None:
        super().__init__()
        self._tensors = tensors
        self._budget = budget
        self._searcher = Searcher()
        self.count: int = 0
        self.size: int = 0
        """Bytes that were looked at."""
        self.found: list[Found] = []
        self.broken: list[Broken] = []
        self.hidden: list[lowbits.Hidden] = []
        """Tensors whose least significant bytes are no noise."""

    def members(self) -> Iterator[Member]:
        """Look at all numbers once; what hides among them is to be inspected on its own."""
        for tensor in self._tensors:
            self._budget.check_time(tensor.offset)
            self.count += 1
            self.size += tensor.source.size
            yield from self._examine(tensor)

    def _examine(self, tensor: Tensor) -> Iterator[Member]:
        found, texts = 0, 0
        for payload in self._payloads(tensor):
            offset = None if tensor.offset is None else tensor.offset + payload.offset
            if payload.text:
                texts += 1
                # What was found has texts of its own, and arrays of strings have many.
                if found or texts > _TEXTS or not tensor.dtype.startswith(_NUMERIC):
                    continue
            code = code_of(tensor.source, payload) if payload.text else ""
            if code:
                payload = replace(payload, what=f"text that holds {code}", text=False)  # noqa: PLW2901
            if not payload.text:
                found += 1
                if found > _TOLD:
                    return
                whole = payload.offset == 0 and tensor.dtype in ("uint8", "int8", "bool")
                self.found.append(Found(tensor.name, tensor.dtype, payload, offset, whole))
            window = Window(tensor.source, payload.offset, payload.length)
            expected = (payload.format,) if payload.format else ()
            yield Member(tensor.name, window, offset, expected)
        if not found:
            self.hidden.extend(lowbits.look(tensor, self._searcher, self._budget))

    def _payloads(self, tensor: Tensor) -> Iterator[Payload]:
        kind = _FLOATS.get(_PARTS.get(tensor.dtype, tensor.dtype))
        first = at_start(tensor.source, self._budget)
        if first is not None:
            yield first
        if kind is not None:
            yield from self._floats(tensor, kind, started=first is not None)
        elif first is None:
            yield from self._search(tensor.source, 0, tensor.source.size)

    def _search(self, source: Source, begin: int, end: int) -> Iterator[Payload]:
        """What lies between two places, each thing once."""
        after = {True: begin, False: begin}
        for start in range(begin, end, BLOCK):
            self._budget.check_time(start)
            for payload in self._searcher.find(source, start, min(start + BLOCK, end), self._budget):
                if payload.offset >= after[payload.text]:
                    yield payload
                    after[payload.text] = payload.offset + (payload.length if payload.text else 1)

    def _floats(self, tensor: Tensor, kind: _Float, *, started: bool) -> Iterator[Payload]:
        source, order = tensor.source, ">" if tensor.big_endian else "<"
        word = np.dtype(order + kind.word)
        nan = infinite = 0
        reached = {True: 0, False: 1 if started else 0}
        for begin in range(0, source.size, BLOCK):
            self._budget.check_time(begin)
            block = source.read(begin, BLOCK)
            bits = np.frombuffer(block, word, len(block) // word.itemsize)
            pieces: list[tuple[int, int]] = [(0, min(_START, len(block)))] if begin == 0 else []
            if len(bits) and not _ordinary(bits, kind):
                magnitudes = bits & word.type(kind.mask)
                nan += int(np.count_nonzero(magnitudes > kind.infinite))
                infinite += int(np.count_nonzero(magnitudes == kind.infinite))
                pieces += _absurd(magnitudes, kind, word.itemsize)
            for start, end in pieces:
                for payload in self._search(source, begin + start, min(begin + end, source.size)):
                    if payload.offset >= reached[payload.text]:
                        yield payload
                        reached[payload.text] = payload.offset + (payload.length if payload.text else 1)
            del bits, block
        if nan or infinite:
            elements = source.size // word.itemsize
            self.broken.append(Broken(tensor.name, elements, nan, infinite, tensor.offset))


def _ordinary(bits: NDArray[np.unsignedinteger], kind: _Float) -> bool:
    """Whether no magnitude is absurd.

    Read as whole numbers with a sign, the largest is the largest positive number's bits; without, the largest negative
    one's, if there is any.
    """
    if bits.dtype.itemsize >= 4 and bits.dtype.isnative:
        real = bits.view(f"f{bits.dtype.itemsize}")
        with np.errstate(invalid="ignore"):
            most = bits.dtype.type(kind.absurd).view(real.dtype)
            return bool(real.max() <= most and real.min() >= -most)
    most_positive = int(bits.view(bits.dtype.str.replace("u", "i")).max())
    return most_positive <= kind.absurd and int(bits.max()) & kind.mask <= kind.absurd


def _absurd(magnitudes: NDArray[np.unsignedinteger], kind: _Float, size: int) -> list[tuple[int, int]]:
    """The pieces of a block that hold an absurd magnitude, with their neighbours, joined, in bytes."""
    step = PIECE // size
    starts = np.arange(0, len(magnitudes), step)
    wild = np.flatnonzero(np.maximum.reduceat(magnitudes, starts) > kind.absurd).tolist()
    pieces: list[tuple[int, int]] = []
    for index in wild:
        begin, end = max(0, (index - 1) * PIECE), (index + 2) * PIECE
        if pieces and begin <= pieces[-1][1]:
            pieces[-1] = pieces[-1][0], end
        else:
            pieces.append((begin, end))
    return pieces
