"""Compiled Python (``.pyc``): which names the code uses, read without loading it."""

from __future__ import annotations

from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.program.image import Image, Role
from assay.formats.program.marshal import Code, read_value, walk
from assay.formats.program.program import openly_named
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View

#: Where the code starts when flags stand before it.
_SINCE_3_7: Final = 16
_IMAGE: Final = Image("Python byte code", Role.BYTECODE, "Python", None)


class Bytecode(View):
    """A compiled Python module."""

    kind: ClassVar[str] = "python-bytecode"

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.codes: tuple[Code, ...] = ()
        """The module's code, then that of every function and class in it."""
        self.unchecked = False
        """Python runs it without a look at the source it was made from (PEP 552)."""
        self.cached_as = ""
        """The source file it says it was compiled from."""

    @property
    def openly_named(self) -> bool:
        """Whether its name says what it is."""
        return openly_named(self.name, _IMAGE)

    @property
    def names(self) -> tuple[str, ...]:
        """Every global, attribute and module that any of its code uses, sorted."""
        return tuple(sorted({name for code in self.codes for name in code.names}))


def header(source: Source) -> int | None:
    """Where the code of a ``.pyc`` starts; ``None`` when it does not begin as one."""
    start = source.read(0, 17)
    if len(start) < 9 or start[2:4] != b"\r\n":
        return None
    magic = int.from_bytes(start[:2], "little")
    # 3.7 and later; 3.3 to 3.6; 2.x, whose numbers are larger.
    candidates = (8,) if 20000 <= magic < 64000 else (16, 12, 8)
    return next((at for at in candidates if start[at : at + 1] in {b"\xe3", b"\x63"}), None)


def read(source: Source, budget: Budget, name: str) -> Bytecode:
    """See :class:`~assay.formats.signature.Reader`."""
    start = header(source)
    if start is None:
        raise NotThisFormat("it does not begin as compiled Python", offset=0)
    view = Bytecode(name)
    view.unchecked = start == _SINCE_3_7 and source.read(4, 4) == b"\x01\0\0\0"
    try:
        value, _ = read_value(source, start, budget=budget)
        view.codes = tuple(walk(value))
        view.cached_as = view.codes[0].filename if view.codes else ""
    except FormatError as error:
        if not view.openly_named and not _known(source):
            raise NotThisFormat("it only begins as compiled Python", offset=error.offset) from error
        view.note(error)
    return view


def _known(source: Source) -> bool:
    """Whether some Python has written this number at the beginning."""
    magic = int.from_bytes(source.read(0, 2), "little")
    return 3000 <= magic < 4000 or 20_121 <= magic <= 62_300
