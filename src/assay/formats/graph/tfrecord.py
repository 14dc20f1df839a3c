"""TFRecord files: examples to train with, and the event files that training leaves. No loader runs what they hold."""

from __future__ import annotations

from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View

#: Length, its checksum, and the checksum of the data.
AROUND: Final = 16
_POLYNOMIAL: Final = 0x82F63B78


class Records(View):
    """Records one after another.

    ``count`` says how many.
    """

    kind: ClassVar[str] = "tfrecord"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0


def is_record(start: bytes, size: int) -> bool:
    """Whether ``start`` begins a record that fits into ``size`` bytes and whose length has the right checksum."""
    length = int.from_bytes(start[:8], "little")
    return len(start) >= 12 and length + AROUND <= size and masked(start[:8]) == int.from_bytes(start[8:12], "little")


def masked(data: bytes) -> int:
    """The checksum as records have it: CRC-32C, rotated, plus a constant."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def read(source: Source, budget: Budget, name: str) -> Records:
    """See :class:`~assay.formats.signature.Reader`."""
    del name
    view = Records()
    position = 0
    while position < source.size:
        start = source.read(position, 12)
        length = int.from_bytes(start[:8], "little")
        if len(start) < 12 or position + length + AROUND > source.size:
            view.note(FormatError("a record ends beyond the file", offset=position))
            break
        view.count += 1
        if view.count % 256 == 1:
            budget.check_time(position)
        if view.count == 1 and not is_record(start, source.size):
            raise NotThisFormat("no record")
        position += length + AROUND
    return view
