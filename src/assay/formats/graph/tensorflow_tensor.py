"""Constants of a TensorFlow graph: raw numbers where they lie, and short texts."""

from __future__ import annotations

import math
from typing import Final

from assay.formats.graph.protobuf import Field, Message, Wire
from assay.formats.view import Tensor

#: ``DataType`` of ``types.proto`` → NumPy's name and bytes of one element.
_TYPES: Final = {
    1: ("float32", 4), 2: ("float64", 8), 3: ("int32", 4), 4: ("uint8", 1), 5: ("int16", 2), 6: ("int8", 1),
    8: ("complex64", 8), 9: ("int64", 8), 10: ("bool", 1), 14: ("bfloat16", 2), 17: ("uint16", 2),
    18: ("complex128", 16), 19: ("float16", 2), 22: ("uint32", 4), 23: ("uint64", 8), 24: ("float8_e5m2", 1),
    25: ("float8_e4m3fn", 1),
}  # fmt: skip
#: Numbers of fields: of an attribute's tensor, of a tensor's parts.
_TENSOR: Final = 8
_CONTENT: Final = 4
_STRINGS: Final = 8
#: Of longer constants only the beginning is a text to tell.
TEXT_KEPT: Final = 1024
#: Axes that a tensor may have.
MAX_AXES: Final = 254


def dtype_of(number: int) -> str:
    """NumPy's name of an element type; ``uint8`` for one that is none of plain numbers."""
    return _TYPES.get(number, ("uint8", 1))[0]


def read_shape(message: Message) -> tuple[int, ...]:
    """The axes of a TensorShapeProto; what is unknown counts as 0."""
    axes: list[int] = []
    for found in message:
        if found.number == 2 and found.wire is Wire.BYTES and len(axes) < MAX_AXES:
            axes.append(next((max(0, part.signed) for part in found.message() if part.number == 1), 0))
    return tuple(axes)


def read_constant(name: str, node: Message) -> Tensor | None:
    """The raw numbers of a constant node; ``None`` when they are written one by one."""
    proto = _proto(node)
    if proto is None:
        return None
    kind = 0
    shape: tuple[int, ...] = ()
    content: Field | None = None
    for found in proto:
        if found.number == 1:
            kind = found.value
        elif found.number == 2:
            shape = read_shape(found.message())
        elif found.number == _CONTENT and found.wire is Wire.BYTES:
            content = found
    if content is None or not content.size:
        return None
    dtype, width = _TYPES.get(kind, ("", 0))
    if not dtype or math.prod(shape) * width != content.size:
        dtype, shape = "uint8", (content.size,)
    return Tensor(name, dtype, shape, content.window(), content.offset)


def read_string(node: Message) -> str | None:
    """The text of a constant node that holds one string; ``None`` when it holds anything else."""
    proto = _proto(node)
    if proto is None:
        return None
    text: Field | None = None
    for found in proto:
        if found.number == 1 and found.value != 7:
            return None
        if found.number == _STRINGS and found.wire is Wire.BYTES:
            text = text or found
    return None if text is None else text.text()[:TEXT_KEPT]


def _proto(node: Message) -> Message | None:
    """The TensorProto of the attribute ``value``."""
    for entry in node:
        if entry.number != 5 or entry.wire is not Wire.BYTES:
            continue
        key, value = "", None
        for part in entry.message():
            if part.number == 1:
                key = part.text()
            elif part.number == 2 and part.wire is Wire.BYTES:
                value = part
        if key == "value" and value is not None:
            for part in value.message():
                if part.number == _TENSOR and part.wire is Wire.BYTES:
                    return part.message()
    return None
