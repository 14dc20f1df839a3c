"""PE: executables and libraries of Windows. Source: Microsoft, *PE Format*."""

from __future__ import annotations

import struct
from typing import Final

from assay.formats.program.image import Image, Role
from assay.formats.source import Source
from assay.formats.view import NotThisFormat

_MACHINES: Final = {0x14C: "x86", 0x8664: "x86-64", 0xAA64: "AArch64", 0x1C0: "ARM", 0x1C4: "ARM", 0xEBC: "EFI"}
_LIBRARY: Final = 0x2000
_CERTIFICATES: Final = 4


def image(source: Source) -> Image:
    """Look at a PE file's headers.

    :raises NotThisFormat: it only begins like one
    """
    start = int.from_bytes(source.read(60, 4), "little")
    head = source.read(start, 24)
    if len(head) < 24 or not head.startswith(b"PE\0\0"):
        raise NotThisFormat("it has no PE header", offset=60)
    machine, sections, _, _, _, optional, flags = struct.unpack_from("<HHIIIHH", head, 4)
    table = source.read(start + 24 + optional, 40 * min(sections, 4096))
    end = 0
    for at in range(0, len(table) - 39, 40):
        size, offset = struct.unpack_from("<II", table, at + 16)
        end = max(end, offset + size)
    extra = source.read(start + 24, min(optional, 256))
    place = (112 if extra[:2] == b"\x0b\x02" else 96) + 8 * _CERTIFICATES
    if len(extra) >= place + 8:  # signatures follow the image and belong to it
        offset, size = struct.unpack_from("<II", extra, place)
        if offset >= end > 0:
            end = offset + size
    role = Role.LIBRARY if flags & _LIBRARY else Role.EXECUTABLE
    return Image("PE", role, _MACHINES.get(machine, f"machine {machine:#x}"), end or None)


def has_header(source: Source) -> bool:
    """Whether the old header points to a new one."""
    start = int.from_bytes(source.read(60, 4), "little")
    return 0 < start < source.size and source.read(start, 4) == b"PE\0\0"
