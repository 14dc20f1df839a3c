"""NumPy's ``.npy``: a header that is a Python literal, then the array's bytes, or a pickle when it holds objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.tensor.elements import MAX_AXES, count_of
from assay.formats.tensor.literal import Literal, parse
from assay.formats.view import Contrived, Member, NotThisFormat, Tensor, View

MAGIC: Final = b"\x93NUMPY"
MAX_HEADER: Final = 64 << 10
_CODE: Final = re.compile(r"([<>|=]?)([?bBhHiIlLqQefdgFDGuScaUVOmM])([0-9]{0,9})(\[[0-9]{0,9}[A-Za-z/0-9]{1,16}\])?\Z")
_QUOTED: Final = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""
#: A name that is called or reached into; literals have neither.
_EXPRESSION: Final = re.compile(r"[A-Za-z_]\w*\s*[(\[]|\)\s*[.(]|[A-Za-z_]\w*\s*\.\s*[A-Za-z_]|\b(?:lambda|for|if)\b")
#: Kind letter with its size in bytes → the name of the type.
_NAMES: Final = {
    "b1": "bool", "?": "bool", "i1": "int8", "u1": "uint8", "i2": "int16", "u2": "uint16", "i4": "int32",
    "u4": "uint32", "i8": "int64", "u8": "uint64", "f2": "float16", "f4": "float32", "f8": "float64",
    "f16": "float128", "c8": "complex64", "c16": "complex128", "c32": "complex256", "b": "int8", "B": "uint8",
    "h": "int16", "H": "uint16", "i": "int32", "I": "uint32", "q": "int64", "Q": "uint64", "l": "int64",
    "L": "uint64", "e": "float16", "f": "float32", "d": "float64", "g": "float128", "F": "complex64",
    "D": "complex128", "G": "complex256",
}  # fmt: skip
_LETTER_SIZES: Final = {
    "?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 8, "L": 8, "q": 8, "Q": 8, "e": 2, "f": 4, "d": 8,
    "g": 16, "F": 8, "D": 16, "G": 32, "m": 8, "M": 8, "c": 1, "S": 0, "a": 0, "U": 0, "V": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Element:
    """What one element of an array is.

    :param name: NumPy's name, or the description itself when it has none
    :param size: in bytes
    :param objects: it is or holds a Python object, so the array is stored as a pickle
    """

    name: str
    size: int
    objects: bool = False
    big_endian: bool = False


class Npy(View):
    """One array."""

    kind: ClassVar[str] = "npy"

    def __init__(self, source: Source, name: str) -> None:
        super().__init__()
        self._source = source
        self._name = name
        self.version: tuple[int, int] = (0, 0)
        self.element: Element | None = None
        """``None`` when the header could not be understood."""
        self.shape: tuple[int, ...] = ()
        self.expression: bool = False
        """Whether the header is more than a literal: a reader that evaluates it would run it."""
        self.data_start: int = 0

    @property
    def data_size(self) -> int:
        """Bytes that type and shape ask for; 0 for objects."""
        if self.element is None or self.element.objects:
            return 0
        return self.element.size * count_of(self.shape)

    @property
    def data_end(self) -> int:
        """One past the array's last byte: the end of the file for objects, and when it is not known."""
        if self.element is None or self.element.objects:
            return self._source.size
        return self.data_start + self.data_size

    @property
    def missing(self) -> int:
        """Bytes that the header announces and the file does not have."""
        return max(0, self.data_end - self._source.size)

    @property
    def trailing(self) -> Window:
        """What follows the array: another one, when several were saved into one file."""
        return Window(self._source, self.data_end, max(0, self._source.size - self.data_end))

    def members(self) -> Iterator[Member]:
        """The pickle of an array of objects, or of one whose header is not understood; what follows an array."""
        body = Window(self._source, self.data_start, self._source.size - self.data_start)
        if self.element is None:
            yield Member("data", body, self.data_start)
        elif self.element.objects:
            yield Member("objects", body, self.data_start, ("pickle",))
        elif self.trailing.size:
            yield Member("trailing data", self.trailing, self.data_end)

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        if self.element is not None and not self.element.objects:
            window = Window(self._source, self.data_start, self.data_size)
            name = self._name.removesuffix(".npy")
            yield Tensor(name, self.element.name, self.shape, window, self.data_start, self.element.big_endian)


def read(source: Source, budget: Budget, name: str) -> Npy:
    """Read the header; see :class:`assay.formats.signature.Reader`."""
    start = source.read(0, 12)
    if not start.startswith(MAGIC) or len(start) < 10:
        raise NotThisFormat("it does not start as a NumPy array", offset=0)
    view = Npy(source, name)
    view.version = start[6], start[7]
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(start[8 : 8 + width], "little")
    view.data_start = min(8 + width + length, source.size)
    try:
        budget.check_time(0)
        if start[6] not in (1, 2, 3):
            raise FormatError(f"version {start[6]} of the format is unknown", offset=6)
        if length > MAX_HEADER or 8 + width + length > source.size:
            view.data_start = 8 + width
            raise FormatError(f"the header claims {length:,} bytes", offset=8)
        header = source.read(8 + width, length).decode("utf-8" if start[6] == 3 else "latin-1")
        view.expression = _EXPRESSION.search(re.sub(_QUOTED, "", header)) is not None
        view.element, view.shape = _understood(parse(header))
    except UnicodeDecodeError as error:
        view.note(FormatError("the header is no UTF-8", offset=8 + error.start))
    except FormatError as error:
        view.note(FormatError(error.what, offset=8))
    return view


def element_of(descr: Literal, depth: int = 0) -> Element:
    """What a header's ``descr`` describes, as ``numpy.lib.format.descr_to_dtype`` reads it.

    :raises FormatError: it is none, or one that NumPy's writer never writes
    """
    if depth > MAX_AXES:
        raise Contrived("the element type is nested too deeply")
    match descr:
        case str():
            return _scalar(descr)
        case (inner, shape) if isinstance(descr, tuple):
            part = element_of(inner, depth + 1)
            return Element("record", part.size * count_of(_sizes(shape)), part.objects)
        case list():
            parts = [_field(field, depth + 1) for field in descr]
            return Element("record", sum(part.size for part in parts), any(part.objects for part in parts))
    raise FormatError("the element type is neither a code nor a list of fields")


def _scalar(code: str) -> Element:
    found = _CODE.match(code)
    if found is None:
        raise FormatError(f"the element type {code[:40]!r} is unknown")
    order, letter, digits, _ = found.groups()
    if letter == "O":
        return Element("object", 8, objects=True)
    size = int(digits) if digits else _LETTER_SIZES.get(letter)
    if size is None:
        raise FormatError(f"the element type {code[:40]!r} is unknown")
    name = _NAMES.get(letter + digits, code)
    return Element(name, size * 4 if letter == "U" else size, big_endian=order == ">")


def _field(field: Literal, depth: int) -> Element:
    if not isinstance(field, tuple) or len(field) not in (2, 3):
        raise FormatError("a field of the element type is no pair of name and type")
    part = element_of(field[1], depth)
    size = part.size * (count_of(_sizes(field[2])) if len(field) == 3 else 1)
    return Element(part.name, size, part.objects)


def _sizes(value: Literal) -> tuple[int, ...]:
    sizes = value if isinstance(value, tuple) else (value,)
    whole = tuple(size for size in sizes if isinstance(size, int) and not isinstance(size, bool) and size >= 0)
    if len(whole) != len(sizes) or len(whole) > MAX_AXES:
        raise FormatError("a shape is no tuple of whole numbers")
    return whole


def _understood(header: Literal) -> tuple[Element, tuple[int, ...]]:
    if not isinstance(header, dict) or not {"descr", "shape"} <= header.keys():
        raise FormatError("the header has no descr and shape")
    shape = header["shape"]
    if not isinstance(shape, tuple):
        raise FormatError("the header's shape is no tuple")
    return element_of(header["descr"]), _sizes(shape)
