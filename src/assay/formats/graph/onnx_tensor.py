"""One tensor of an ONNX model: its numbers where they can be reached, its file when they lie outside, its faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from assay.formats.graph.protobuf import Field, Message, Wire
from assay.formats.source import Source

#: Data type → NumPy's name, bits of one element.
TYPES: Final[dict[int, tuple[str, int]]] = {
    1: ("float32", 32), 2: ("uint8", 8), 3: ("int8", 8), 4: ("uint16", 16), 5: ("int16", 16), 6: ("int32", 32),
    7: ("int64", 64), 8: ("string", 0), 9: ("bool", 8), 10: ("float16", 16), 11: ("float64", 64), 12: ("uint32", 32),
    13: ("uint64", 64), 14: ("complex64", 64), 15: ("complex128", 128), 16: ("bfloat16", 16),
    17: ("float8_e4m3fn", 8), 18: ("float8_e4m3fnuz", 8), 19: ("float8_e5m2", 8), 20: ("float8_e5m2fnuz", 8),
    21: ("uint4", 4), 22: ("int4", 4), 23: ("float4_e2m1fn", 4), 24: ("float8_e8m0fnu", 8), 25: ("uint2", 2),
    26: ("int2", 2),
}  # fmt: skip
EXTERNAL: Final = 1
#: Axes that are kept; no runtime takes more.
MAX_DIMENSIONS: Final = 1024
#: Fields that hold numbers one by one: floats, 32-bit integers, texts, 64-bit integers, doubles, unsigned ones.
TYPED: Final = frozenset({4, 5, 6, 7, 10, 11})
_KEPT: Final = 64


@dataclass(slots=True)
class Proto:
    """What a ``TensorProto`` says, before it is judged."""

    offset: int
    name: str = ""
    dims: list[int] = field(default_factory=list)
    type: int = 0
    location: int = 0
    raw: Source | None = None
    raw_offset: int = 0
    typed: int = 0
    """Bytes of numbers in fields of their own type; at least 1 when there is such a field."""
    external: list[tuple[str, str]] = field(default_factory=list)
    axes: int = 0

    @property
    def elements(self) -> int:
        """The product of its dimensions, however large; negative ones count as they are."""
        found = 1
        for size in self.dims:
            found *= size
        return found

    @property
    def needs(self) -> int:
        """Bytes that its type and shape ask for; 0 when they do not show."""
        bits = TYPES.get(self.type, ("", 0))[1]
        possible = all(size >= 0 for size in self.dims) and self.elements < 1 << 64
        return (bits * self.elements + 7) // 8 if possible else 0

    def faults(self) -> list[str]:
        """What contradicts itself, each as the end of a sentence that begins with the tensor."""
        found = []
        if self.axes > MAX_DIMENSIONS:
            return [f"has {self.axes:,} dimensions"]
        if any(size < 0 for size in self.dims):
            found.append(f"has a negative dimension ({min(self.dims)})")
        elif self.elements * max(8, TYPES.get(self.type, ("", 8))[1]) >= 1 << 66:
            found.append(f"has dimensions whose product ({self.elements:,}) overflows 64 bits")
        elif self.raw is not None and self.raw.size and self.location != EXTERNAL and TYPES.get(self.type, ("", 0))[1]:
            if self.raw.size != self.needs:
                found.append(f"has {self.raw.size:,} bytes where its shape needs {self.needs:,}")
        elif self.location == EXTERNAL and not any(key == "location" and value for key, value in self.external):
            found.append("has its numbers in another file and does not name it")
        elif self.location == EXTERNAL and self.needs:
            length = next((value for key, value in reversed(self.external) if key == "length"), "")
            if length.isascii() and length.isdecimal() and len(length) <= 20 and int(length) != self.needs:
                found.append(f"takes {int(length):,} bytes of a file where its shape needs {self.needs:,}")
        return found


def read_tensor(message: Message) -> Proto:
    """Walk one ``TensorProto``.

    :raises FormatError: its encoding is broken
    """
    proto = Proto(message.start)
    for one in message:
        if one.number == 1:
            _dimensions(proto, one)
        elif one.wire is Wire.VARINT:
            if one.number == 2:
                proto.type = one.value
            elif one.number == 14:
                proto.location = one.value
            elif one.number in TYPED:
                proto.typed += one.size
        elif one.number == 8:
            proto.name = one.text()[:1000]
        elif one.number == 9:
            proto.raw, proto.raw_offset = one.window(), one.offset
        elif one.number == 13 and one.wire is Wire.BYTES and len(proto.external) < _KEPT:
            proto.external.append(read_pair(one.message()))
        elif one.number in TYPED:
            proto.typed += max(one.size, 1)
    return proto


def _dimensions(proto: Proto, one: Field) -> None:
    if one.wire not in {Wire.VARINT, Wire.BYTES}:
        return
    for size in one.signed_integers():
        proto.axes += 1
        if len(proto.dims) < MAX_DIMENSIONS:
            proto.dims.append(size)


def read_pair(message: Message) -> tuple[str, str]:
    """A ``StringStringEntryProto``: key and value."""
    key = value = ""
    for one in message:
        if one.number == 1:
            key = one.text()
        elif one.number == 2:
            value = one.text()
    return key, value
