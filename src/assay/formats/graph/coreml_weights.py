"""The weights of a Core ML program (``weights/weight.bin``): runs of numbers, each with a small head."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import NotThisFormat, Tensor, View

SENTINEL: Final = 0xDEADBEEF
ALIGNMENT: Final = 64
_HEAD: Final = struct.Struct("<II")
_BLOB: Final = struct.Struct("<IIQQ")
#: Data type → NumPy's name, bits of one element.
TYPES: Final = {
    1: ("float16", 16), 2: ("float32", 32), 3: ("uint8", 8), 4: ("int8", 8), 5: ("bfloat16", 16), 6: ("int16", 16),
    7: ("uint16", 16), 8: ("int4", 4), 9: ("uint1", 1), 10: ("uint2", 2), 11: ("uint4", 4), 12: ("uint3", 3),
    13: ("uint6", 6), 14: ("int32", 32), 15: ("uint32", 32),
}  # fmt: skip


class CoreMlWeights(View):
    """Numbers without shapes: these stand in the program."""

    kind: ClassVar[str] = "coreml-weights"

    def __init__(self) -> None:
        super().__init__()
        self.blobs: list[Tensor] = []

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        return iter(self.blobs)


def read(source: Source, budget: Budget, name: str) -> CoreMlWeights:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`."""
    head = source.read(0, _HEAD.size)
    if len(head) < _HEAD.size:
        raise NotThisFormat("it is too short")
    count = _HEAD.unpack(head)[0]
    view = CoreMlWeights()
    position = ALIGNMENT
    try:
        for _ in range(count):
            budget.spend_members(offset=position)
            position = _blob(view, source, position)
        if position < source.size:
            raise FormatError("more bytes follow after the last run of numbers", offset=position)
    except FormatError as error:
        view.note(error)
    return view


def _blob(view: CoreMlWeights, source: Source, position: int) -> int:
    data = source.read(position, _BLOB.size)
    if len(data) < _BLOB.size:
        raise FormatError("it ends before the last run of numbers", offset=position)
    sentinel, kind, size, start = (int(value) for value in _BLOB.unpack(data))
    if sentinel != SENTINEL or start < position + ALIGNMENT or start + size > source.size:
        raise FormatError("a run of numbers has a broken head", offset=position)
    dtype, bits = TYPES.get(kind, ("uint8", 8))
    view.blobs.append(Tensor(f"blob{len(view.blobs)}", dtype, (size * 8 // bits,), Window(source, start, size), start))
    return -(-(start + size) // ALIGNMENT) * ALIGNMENT
