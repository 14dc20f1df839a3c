"""What the messages of an object header say: shapes, types, where data lie, filters, files outside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from assay.core.errors import FormatError
from assay.formats.hdf5 import header
from assay.formats.hdf5.access import Access, Cursor
from assay.formats.hdf5.heaps import LocalHeap, global_object
from assay.formats.view import Contrived

MAX_AXES: Final = 32
MAX_NESTED: Final = 16
#: Files, filters and texts of one message that are read.
MOST: Final = 64

_TEXT: Final = re.compile(rb"[\x20-\x7e\x80-\xff]{2,}(?=\0)")

#: Bytes of a virtual dataset's mapping that are looked at.
MAPPING_READ: Final = 64 << 10

COMPACT: Final = 0
CONTIGUOUS: Final = 1
CHUNKED: Final = 2
VIRTUAL: Final = 3


@dataclass(frozen=True, slots=True)
class Datatype:
    """A type of elements.

    :param kind: ``int``, ``uint``, ``float``, ``string``, ``opaque``, ``compound``, ``reference``, ``enum``, ``vlen``,
        ``array``, ``bitfield``, ``time``, ``complex``
    :param size: bytes of one element
    :param text: a variable-length one holds text
    :param base: of a variable-length one, an enumeration or an array
    """

    kind: str
    size: int
    big_endian: bool = False
    text: bool = False
    base: Datatype | None = None

    @property
    def numpy(self) -> str:
        """NumPy's name of it; empty when it is no plain number."""
        if self.kind in ("int", "uint", "float") and self.size in (1, 2, 4, 8):
            return "" if self.kind == "float" and self.size == 1 else f"{self.kind}{8 * self.size}"
        if self.kind == "enum" and self.base is not None:
            return self.base.numpy
        return ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a dataset's data lie.

    :param kind: :data:`COMPACT`, :data:`CONTIGUOUS`, :data:`CHUNKED` or :data:`VIRTUAL`
    :param start: in bytes from the start of the source; ``None`` when nothing has been written
    :param sources: of a virtual one, the texts of its mapping: files and the datasets in them
    """

    kind: int
    start: int | None
    size: int = 0
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """A step that chunks go through.

    :param name: as the file has it; may be empty
    """

    number: int
    name: str
    optional: bool


@dataclass(frozen=True, slots=True)
class External:
    """A file outside that holds raw data.

    :param size: bytes of it that belong to the dataset
    """

    name: str
    position: int
    size: int


def read_shape(body: Cursor) -> tuple[int, ...] | None:
    """The axes of a dataspace; ``()`` for a single value, ``None`` for no value at all."""
    version, rank, flags = body.number(1), body.number(1), body.number(1)
    if rank > MAX_AXES:
        raise FormatError(f"a dataspace of {rank} axes", offset=body.start)
    if version == 1:
        body.take(5)
    elif version == 2:
        if body.number(1) == 2:
            return None
    else:
        raise FormatError(f"a dataspace of version {version}, which is unknown", offset=body.start)
    del flags
    return tuple(body.length() for _ in range(rank))


_KINDS: Final = (
    "int", "float", "time", "string", "bitfield", "opaque", "compound", "reference", "enum", "vlen", "array", "complex",
)  # fmt: skip


def read_datatype(body: Cursor, depth: int = 0) -> Datatype:
    """The type of elements, with that of its parts as far as it matters."""
    if depth > MAX_NESTED:
        raise Contrived("a datatype is nested too deeply", offset=body.start)
    first, bits, size = body.number(1), body.number(3), body.number(4)
    if first & 15 >= len(_KINDS):
        raise FormatError(f"a datatype of class {first & 15}, which is unknown", offset=body.start)
    kind = _KINDS[first & 15]
    base: Datatype | None = None
    if kind in ("vlen", "enum"):
        base = read_datatype(body, depth + 1)
    elif kind == "array":
        rank = body.number(1)
        if first >> 4 < 3:
            body.take(3)
        body.take(4 * rank * (2 if first >> 4 < 3 else 1))
        base = read_datatype(body, depth + 1)
    elif kind == "int" and not bits & 8:
        kind = "uint"
    return Datatype(
        kind, size, bool(bits & 1) and kind in ("int", "uint", "float"), kind == "vlen" and bits & 15 == 1, base
    )


def read_layout(access: Access, body: Cursor) -> Layout:
    """Where the data lie; for a virtual dataset, in which other files."""
    version = body.number(1)
    if version in (1, 2):
        return _old_layout(access, body)
    if version not in (3, 4, 5):
        raise FormatError(f"a data layout of version {version}, which is unknown", offset=body.start)
    kind = body.number(1)
    if kind == COMPACT:
        size = body.number(2)
        return Layout(kind, body.offset, size)
    if kind == CONTIGUOUS:
        place = body.address()
        return Layout(kind, _start(access, place), body.length())
    if kind == VIRTUAL:
        place, index = body.address(), body.number(4)
        return Layout(kind, None, 0, () if place is None else _mapping(access, place, index))
    if kind != CHUNKED:
        raise FormatError(f"a data layout of class {kind}, which is unknown", offset=body.start)
    if version == 3:
        body.take(1)
        return Layout(kind, _start(access, body.address()))
    return Layout(kind, None)


def _old_layout(access: Access, body: Cursor) -> Layout:
    rank, kind = body.number(1), body.number(1)
    body.take(5)
    start = None if kind == COMPACT else _start(access, body.address())
    axes = [body.number(4) for _ in range(min(rank, MAX_AXES + 1))]
    if kind == COMPACT:
        size = body.number(4)
        return Layout(kind, body.offset, size)
    size = 1
    for axis in axes:
        size *= axis
    return Layout(kind, start, size)


def _start(access: Access, address: int | None) -> int | None:
    return None if address is None else access.base + address


def _mapping(access: Access, address: int, index: int) -> tuple[str, ...]:
    """The texts of a virtual dataset's mapping, the first file first; the selections between them are numbers."""
    window = global_object(access, address, index)
    data = window.read(0, min(window.size, MAPPING_READ))
    begin = 1 + access.lengths
    first = data[begin:].partition(b"\0")[0].decode(errors="replace")
    rest = (found.decode(errors="replace") for found in _TEXT.findall(data, begin + len(first) + 1))
    return tuple(dict.fromkeys((first, *list(rest)[:MOST])))


def read_filters(body: Cursor) -> tuple[Filter, ...]:
    """The steps of a filter pipeline."""
    version, count = body.number(1), body.number(1)
    if version not in (1, 2):
        raise FormatError(f"a filter pipeline of version {version}, which is unknown", offset=body.start)
    if version == 1:
        body.take(6)
    found: list[Filter] = []
    for _ in range(count):
        number = body.number(2)
        length = body.number(2) if version == 1 or number >= 256 else 0
        flags, values = body.number(2), body.number(2)
        name = body.take(-(-length // 8) * 8 if version == 1 else length).partition(b"\0")[0]
        body.take(min(4 * (values + (values % 2 if version == 1 else 0)), body.left))
        found.append(Filter(number, name.decode(errors="replace"), bool(flags & 1)))
    return tuple(found)


def read_external(access: Access, body: Cursor) -> tuple[External, ...]:
    """The files outside that hold a dataset's raw data."""
    body.take(4)
    body.number(2)
    used = body.number(2)
    place = body.address()
    if place is None:
        raise FormatError("a list of external files has no names", offset=body.start)
    names = LocalHeap(access, place)
    return tuple(External(names.text(body.length()), body.length(), body.length()) for _ in range(min(used, MOST)))


def shared_message(access: Access, body: Cursor, kind: int) -> Cursor:
    """The message that a shared one stands for.

    :raises FormatError: it is kept in a way that is not supported, or cannot be found
    """
    version, where = body.number(1), body.number(1)
    if version == 1:
        body.take(6)
    if version == 3 and where == 1:
        raise FormatError("a message in the heap of shared messages is not supported", offset=body.start)
    place = body.address()
    if place is not None:
        for message in header.messages(access, place):
            if message.kind == kind and not message.shared:
                return message.body
    raise FormatError("a shared message cannot be found", offset=body.start)
