"""ELF: executables, shared libraries and object files of Linux and its kin. Source: System V ABI, chapter 4 and 5."""

from __future__ import annotations

import struct
from typing import Final

from assay.core.errors import FormatError
from assay.formats.program.image import Image, Role
from assay.formats.source import Source
from assay.formats.view import NotThisFormat

_MACHINES: Final = {
    3: "x86", 8: "MIPS", 20: "PowerPC", 21: "PowerPC64", 22: "S390", 40: "ARM", 62: "x86-64", 183: "AArch64",
    190: "CUDA", 224: "AMD GPU", 243: "RISC-V", 247: "BPF", 258: "LoongArch",
}  # fmt: skip
_RELOCATABLE, _EXECUTABLE, _DYNAMIC, _CORE = 1, 2, 3, 4
_INTERPRETER: Final = 3
_MAX_HEADERS: Final = 4096


def image(source: Source) -> Image:
    """Look at an ELF file's headers.

    :raises NotThisFormat: no system would take it for one
    :raises FormatError: its headers lie beyond its end
    """
    head = source.read(0, 64)
    if len(head) < 52 or head[4] not in {1, 2} or head[5] not in {1, 2}:
        raise NotThisFormat("the ELF header is not valid", offset=4)
    wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
    if wide and len(head) < 64:
        raise FormatError("the ELF header ends too early", offset=len(head))
    kind, machine = struct.unpack_from(f"{order}HH", head, 16)
    segments, sections = struct.unpack_from(f"{order}QQ" if wide else f"{order}II", head, 32 if wide else 28)
    _, segment_size, segment_count, section_size, section_count, _ = struct.unpack_from(
        f"{order}6H", head, 52 if wide else 40
    )
    end = sections + section_size * section_count if sections else 0
    interpreted = False
    for index in range(min(segment_count, _MAX_HEADERS)):
        block = source.read(segments + index * segment_size, 56 if wide else 32)
        if len(block) < (56 if wide else 32):
            raise FormatError("the ELF segments lie beyond the end of the file", offset=segments)
        tag = struct.unpack_from(f"{order}I", block)[0]
        offset, size = (
            (struct.unpack_from(f"{order}Q", block, 8)[0], struct.unpack_from(f"{order}Q", block, 32)[0])
            if wide
            else (struct.unpack_from(f"{order}I", block, 4)[0], struct.unpack_from(f"{order}I", block, 16)[0])
        )
        interpreted = interpreted or tag == _INTERPRETER
        end = max(end, offset + size)
    for index in range(min(section_count, _MAX_HEADERS)):
        block = source.read(sections + index * section_size, 64 if wide else 40)
        if len(block) < (64 if wide else 40):
            break
        tag = struct.unpack_from(f"{order}I", block, 4)[0]
        offset, size = struct.unpack_from(f"{order}QQ" if wide else f"{order}II", block, 24 if wide else 16)
        if tag not in {0, 8}:  # 8: takes room in memory only
            end = max(end, offset + size)
    return Image("ELF", _role(kind, interpreted), _MACHINES.get(machine, f"machine {machine}"), end or None)


def _role(kind: int, interpreted: bool) -> Role:
    if kind == _EXECUTABLE or (kind == _DYNAMIC and interpreted):
        return Role.EXECUTABLE
    return {_DYNAMIC: Role.LIBRARY, _RELOCATABLE: Role.OBJECT}.get(kind, Role.UNKNOWN)
