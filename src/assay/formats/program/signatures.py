"""How programs are recognised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.formats.signature import TEXT_STARTS, Begins, Claim, Head, Signature

_ROOM: Final = "assay.formats.program."
_MAX_FAT: Final = 30


def _native(head: Head) -> Claim:
    start = head.start
    if start[:4] == b"\x7fELF":
        return Claim.CERTAIN if start[4:5] in _ORDERS and start[5:6] in _ORDERS else Claim.NO
    if start[:2] == b"MZ":
        return _windows(head, start)
    if start[:4] in _MACH:
        return Claim.CERTAIN
    if start[:4] == b"\xca\xfe\xba\xbe" and len(start) >= 8:
        return Claim.CERTAIN if int.from_bytes(start[4:8], "big") <= _MAX_FAT else Claim.NO
    return Claim.CERTAIN if start.startswith(_PORTABLE) else Claim.NO


def _windows(head: Head, start: bytes) -> Claim:
    if start.startswith(_PORTABLE):
        return Claim.CERTAIN
    new = int.from_bytes(start[60:64], "little")
    return Claim.CERTAIN if new and head.source.read(new, 4) == b"PE\0\0" else Claim.NO


def _bytecode(head: Head) -> Claim:
    start = head.start
    if start.startswith(_CODES):
        return Claim.CERTAIN
    if start[:4] == b"\xca\xfe\xba\xbe" and len(start) >= 10:
        return Claim.CERTAIN if int.from_bytes(start[6:8], "big") > _MAX_FAT else Claim.NO
    return Claim.NO


def _python(head: Head) -> Claim:
    start = head.start
    if start[2:4] != b"\r\n" or len(start) < 17:
        return Claim.NO
    return Claim.PLAUSIBLE if {start[8], start[12], start[16]} & {0xE3, 0x63} else Claim.NO


def _script(head: Head) -> Claim:
    start = head.start
    if start[:2] == b"#!" or start[:5] == b"\xef\xbb\xbf#!":
        after = start[2:].lstrip(b" \t!#")
        return Claim.CERTAIN if after[:1] == b"/" else Claim.PLAUSIBLE if head.text else Claim.NO
    if b"@" in start[:68] and head.text:
        return Claim.PLAUSIBLE
    return Claim.NO


_objects = Begins(
    Claim.CERTAIN, b"\xac\xed\x00\x05s", b"\xac\xed\x00\x05u", b"\xac\xed\x00\x05w", b"\xac\xed\x00\x05t",
    b"\xac\xed\x00\x05p", b"\xac\xed\x00\x05v", b"\xac\xed\x00\x05z", b"\xac\xed\x00\x05~", b"\xac\xed\x00\x05|",
    b"\x00\x01\x00\x00\x00\xff\xff\xff\xff\x01\x00\x00\x00",
)  # fmt: skip


def _signature(
    name: str,
    title: str,
    module: str,
    suffixes: str,
    claims: Callable[[Head], Claim],
    starts: frozenset[int] | None = None,
) -> Signature:
    return Signature(name, title, _ROOM + module, frozenset(suffixes.split()), claims, starts=starts)


_ORDERS: Final = frozenset({b"\1", b"\2"})
_MACH: Final = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbf")
_PORTABLE: Final = (b"MZqFpD='", b"jartsr='")
_CODES: Final = (
    b"\0asm", b"\x1bLua", b"\x1bLJ", b"dex\n", b"BC\xc0\xde", b"\xde\xc0\x17\x0b", b"L\0\0\0\x01\x14\x02\0",
    b"\xc6\x1f\xbc\x03", b"\x50\xed\x55\xba", b"MTLB", b"\x03\x02\x23\x07",
)  # fmt: skip

SIGNATURES: Final[tuple[Signature, ...]] = (
    _signature("native-program", "Native program or library", "program",
               ".so .o .ko .elf .exe .dll .pyd .sys .ocx .scr .efi .node .dylib .bundle .com .llamafile .ape .run"
               " .appimage .obj .out .axf .cpl .drv .winmd .cubin", _native,
               frozenset(magic[0] for magic in (*_MACH, *_PORTABLE, b"\x7f", b"M", b"\xca"))),
    _signature("byte-code", "Byte code", "program",
               ".wasm .class .luac .lua .dex .bc .lnk .hbc .fatbin .metallib .spv .spirv", _bytecode,
               frozenset(magic[0] for magic in (*_CODES, b"\xca"))),
    _signature("python-bytecode", "Compiled Python", "bytecode", ".pyc .pyo", _python),
    _signature("foreign-objects", "Serialised objects of Java or .NET", "objects", ".ser .javaobj", _objects),
    _signature("script", "Script", "script",
               ".sh .bash .zsh .ksh .csh .command .bat .cmd .ps1 .psm1 .py .pyw .pl .rb .js .mjs .lua .tcl .awk .r"
               " .txt .md .in .init .t .cgi .php .jl .run .pyz .pex", _script,
               TEXT_STARTS),
)  # fmt: skip
