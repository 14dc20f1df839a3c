"""The smallest programs of each kind, written field by field."""

from __future__ import annotations

import marshal
import struct

import pytest


def elf(kind: int = 3, *, interpreted: bool = False) -> bytes:
    """ELF: 2 an executable, 3 a library, or an executable when it names an interpreter; 1 an object file."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", kind, 62, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 3 if interpreted else 1, 4, 0, 0, 0, 120, 120, 1)


def pe(flags: int = 0x2022) -> bytes:
    """PE: 0x2022 a library, 0x22 an executable."""
    data = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0"
    data += struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, flags) + b"\x0b\x02" + bytes(238)
    return (data + b".text\0\0\0" + struct.pack("<IIII", 4, 0, 4, 400) + bytes(16)).ljust(404, b"\0")


def macho(kind: int = 6) -> bytes:
    """Mach-O: 2 an executable, 6 a library."""
    data = b"\xcf\xfa\xed\xfe" + struct.pack("<7I", 0x01000007, 3, kind, 1, 72, 0, 0) + struct.pack("<II", 0x19, 72)
    return data + bytes(16) + struct.pack("<QQQQ", 0, 0, 0, 104) + bytes(16)


PROGRAMS = {
    "library": elf(),
    "executable": elf(interpreted=True),
    "static executable": elf(2),
    "object": elf(1),
    "PE library": pe(),
    "PE executable": pe(0x22),
    "Mach-O": macho(),
    "fat Mach-O": b"\xca\xfe\xba\xbe" + struct.pack(">IIIIII", 1, 7, 3, 28, len(macho()), 0) + macho(),
    "llamafile": b"MZqFpD='\n" + bytes(200) + b"GGUF" + bytes(40),
    "WebAssembly": b"\0asm\1\0\0\0",
    "Java class": b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(20),
    "Python": b"\xa7\x0d\r\n" + bytes(12) + marshal.dumps(compile("import os\nos.system('id')", "m.py", "exec")),
}


@pytest.fixture(scope="session")
def programs() -> dict[str, bytes]:
    """What it is → its bytes."""
    return PROGRAMS
