"""Native programs and byte code: what they are, for which machine, and what follows them in the same file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.program import elf, macho, pe
from assay.formats.program.image import Image, Role
from assay.formats.source import Source, Window
from assay.formats.view import Member, NotThisFormat, Problem, View

#: The magic of programs that are a shell script, a PE, an ELF and a zip at once (Actually Portable Executable).
PORTABLE: Final = (b"MZqFpD='", b"jartsr='")
_WEIGHTS: Final = (b"GGUF", b"GGML")


class Program(View):
    """Something a machine runs as it is, or after loading it as a library."""

    kind: ClassVar[str] = "program"

    def __init__(self, source: Source, name: str, image: Image) -> None:
        super().__init__()
        self.source = source
        self.name = name
        self.image = image
        self.carries_model = False
        """Weights follow it in the same file: a llamafile."""

    @property
    def openly_named(self) -> bool:
        """Whether its name says what it is."""
        return openly_named(self.name, self.image)

    def members(self) -> Iterator[Member]:
        """What follows the image, when it is no zip (which is recognised by its end) and no signature."""
        end = self.image.end
        if end is None or end >= self.source.size:
            return
        rest = Window(self.source, end, self.source.size - end)
        if any(rest.read(0, 1 << 16)) and not self._ends_as_zip():
            yield Member("data after the program", rest, end)

    def _ends_as_zip(self) -> bool:
        tail = self.source.read(max(0, self.source.size - 65_557), 65_557)
        return b"PK\x05\x06" in tail


def read(source: Source, budget: Budget, name: str) -> Program:
    """See :class:`~assay.formats.signature.Reader`."""
    start = source.read(0, 64)
    problem: FormatError | None = None
    try:
        image = _image(source, start, budget)
    except NotThisFormat:
        raise
    except FormatError as error:
        problem = error
        image = Image(_form(start), Role.UNKNOWN, "", None)
    view = Program(source, name, image)
    if problem is not None:
        view.problems.append(Problem.of(problem))
    if start.startswith(PORTABLE):
        view.carries_model = _carries_weights(source, budget)
    return view


def _image(source: Source, start: bytes, budget: Budget) -> Image:
    if start.startswith(PORTABLE):
        return Image("Actually Portable Executable", Role.EXECUTABLE, "any system", None)
    if start.startswith(b"\x7fELF"):
        return elf.image(source)
    if start.startswith(b"MZ"):
        return pe.image(source)
    fat = start.startswith(macho.OR_JAVA) and int.from_bytes(start[4:8], "big") <= macho.MAX_FAT
    if fat or start[:4] in macho.MAGICS:
        return macho.image(source, budget)
    for magic, (form, role, machine) in _SIMPLE.items():
        if start.startswith(magic):
            return Image(form, role, machine, None)
    raise NotThisFormat("no program begins like this", offset=0)


def _form(start: bytes) -> str:
    return "ELF" if start.startswith(b"\x7fELF") else "PE" if start.startswith(b"MZ") else "Mach-O"


_SIMPLE: Final = {
    macho.OR_JAVA: ("Java class", Role.BYTECODE, "Java"),
    b"\0asm": ("WebAssembly", Role.BYTECODE, "WebAssembly"),
    b"\x1bLua": ("Lua byte code", Role.BYTECODE, "Lua"),
    b"\x1bLJ": ("Lua byte code", Role.BYTECODE, "LuaJIT"),
    b"dex\n": ("Dalvik executable", Role.BYTECODE, "Android"),
    b"BC\xc0\xde": ("LLVM bitcode", Role.BYTECODE, "LLVM"),
    b"\xde\xc0\x17\x0b": ("LLVM bitcode", Role.BYTECODE, "LLVM"),
    b"L\0\0\0\x01\x14\x02\0": ("Windows shortcut", Role.LAUNCHER, "Windows"),
    b"\x50\xed\x55\xba": ("CUDA fat binary", Role.BYTECODE, "CUDA"),
    b"MTLB": ("Metal library", Role.BYTECODE, "Apple GPU"),
    b"\x03\x02\x23\x07": ("SPIR-V shader", Role.BYTECODE, "GPU"),
    b"\xc6\x1f\xbc\x03": ("Hermes byte code", Role.BYTECODE, "Hermes"),
}  # fmt: skip

#: Form → endings under which it is published.
SUFFIXES: Final = {
    "ELF": ".so .o .ko .elf .axf .prx .node .obj .out .appimage .run .cubin",
    "PE": ".exe .dll .pyd .sys .ocx .scr .cpl .drv .efi .mui .node .winmd .ax",
    "Mach-O": ".dylib .so .o .bundle .node .kext .dsym .jnilib",
    "Actually Portable Executable": ".com .exe .llamafile .ape",
    "WebAssembly": ".wasm",
    "Lua byte code": ".luac .lua .out",
    "Dalvik executable": ".dex",
    "LLVM bitcode": ".bc",
    "Windows shortcut": ".lnk",
    "Hermes byte code": ".hbc .bundle .jsbundle",
    "Java class": ".class",
    "Python byte code": ".pyc .pyo",
    "CUDA fat binary": ".fatbin .cubin",
    "Metal library": ".metallib",
    "SPIR-V shader": ".spv .spirv",
}


def openly_named(name: str, image: Image) -> bool:
    """Whether a name says that this is a program: ``lib.so``, ``lib.so.6.0``, ``tool.exe``."""
    parts = name.lower().split(".")
    endings = SUFFIXES.get(image.form, "").split()
    while len(parts) > 2 and parts[-1].isdigit():  # libz.so.1.2.13
        parts.pop()
    return len(parts) > 1 and f".{parts[-1]}" in endings


def _carries_weights(source: Source, budget: Budget) -> bool:
    """Whether a GGUF or GGML header stands anywhere in the file, or it is named in the zip at its end."""
    tail = source.read(max(0, source.size - 65_557), 65_557)
    if any(ending in tail.lower() for ending in (b".gguf", b".ggml", b".bin")):
        return True
    for offset in range(0, source.size, 1 << 20):
        block = source.read(offset, (1 << 20) + 3)
        if any(magic in block for magic in _WEIGHTS):
            return True
        budget.check_time(offset)
    return False
