"""Mach-O: executables and libraries of macOS, alone or several in one file.

Source: Apple, ``mach-o/loader.h`` and ``mach-o/fat.h``.
"""

from __future__ import annotations

import struct
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.program.image import Image, Role
from assay.formats.source import Source

_THIN: Final = {
    b"\xfe\xed\xfa\xce": (">", False), b"\xfe\xed\xfa\xcf": (">", True),
    b"\xce\xfa\xed\xfe": ("<", False), b"\xcf\xfa\xed\xfe": ("<", True),
}  # fmt: skip
_FAT: Final = {b"\xca\xfe\xba\xbe": False, b"\xca\xfe\xba\xbf": True}
#: What Java's classes begin with is a fat file only when the next number is a small count.
OR_JAVA: Final = b"\xca\xfe\xba\xbe"
MAGICS: Final = frozenset({*_THIN, b"\xca\xfe\xba\xbf"})
MAX_FAT: Final = 30
_MACHINES: Final = {7: "x86", 0x01000007: "x86-64", 12: "ARM", 0x0100000C: "AArch64", 18: "PowerPC"}
_ROLES: Final = {1: Role.OBJECT, 2: Role.EXECUTABLE, 6: Role.LIBRARY, 8: Role.LIBRARY, 9: Role.LIBRARY}
_SEGMENT, _SEGMENT64 = 0x1, 0x19


def image(source: Source, budget: Budget) -> Image:
    """Look at the headers of one Mach-O file, or of all in a fat one.

    :raises FormatError: they lie beyond its end
    """
    wide = _FAT.get(source.read(0, 4))
    if wide is None:
        return _thin(source, 0, budget)
    count = min(int.from_bytes(source.read(4, 4), "big"), MAX_FAT)
    step, found, end = (32 if wide else 20), list[Image](), 0
    for index in range(count):
        block = source.read(8 + step * index, step)
        if len(block) < step:
            raise FormatError("the fat header ends too early", offset=8 + step * index)
        offset, size = struct.unpack_from(">QQ" if wide else ">II", block, 8)
        found.append(_thin(source, offset, budget))
        end = max(end, offset + size)
    if not found:
        raise FormatError("the fat header lists nothing", offset=4)
    machines = ", ".join(dict.fromkeys(item.machine for item in found))
    return Image("Mach-O", found[0].role, machines, end)


def _thin(source: Source, start: int, budget: Budget) -> Image:
    head = source.read(start, 32)
    shape = _THIN.get(head[:4])
    if shape is None or len(head) < 28:
        raise FormatError("the Mach-O header ends too early", offset=start)
    order, wide = shape
    machine, _, kind, count, _ = struct.unpack_from(f"{order}5I", head, 4)
    at, end = start + (32 if wide else 28), 0
    for _ in range(min(count, 4096)):
        command = source.read(at, 56)
        if len(command) < 8:
            raise FormatError("the Mach-O commands lie beyond the end of the file", offset=at)
        tag, size = struct.unpack_from(f"{order}II", command)
        if tag == _SEGMENT64 and len(command) >= 56:
            offset, length = struct.unpack_from(f"{order}QQ", command, 40)
            end = max(end, start + offset + length)
        elif tag == _SEGMENT and len(command) >= 40:
            offset, length = struct.unpack_from(f"{order}II", command, 32)
            end = max(end, start + offset + length)
        at += max(size, 8)
        budget.check_time(at)
    return Image("Mach-O", _ROLES.get(kind, Role.UNKNOWN), _MACHINES.get(machine, f"machine {machine}"), end or None)
