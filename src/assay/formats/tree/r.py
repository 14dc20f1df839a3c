"""R's serialised objects: ``.rds``, ``.rda`` and ``.RData`` after decompression.

Reading one builds objects and runs nothing by itself, except that a *promise* is an expression that runs when its
value is first looked at, and that an R session runs certain names by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.tree.r_input import Input, open_input
from assay.formats.tree.r_items import Machine
from assay.formats.view import NotThisFormat, View

MAGICS: Final = (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n", b"RDB2\n", b"RDB3\n")


@dataclass(frozen=True, slots=True)
class Promise:
    """An expression that runs when its value is looked at.

    :param calls: names of the functions it calls, in order
    :param inside: ``closure`` or ``environment`` when it lies within one, as R itself leaves them; else empty
    :param forced: its value was worked out already, so the expression will not run again
    """

    calls: tuple[str, ...]
    texts: tuple[str, ...]
    inside: str
    forced: bool
    offset: int


@dataclass(slots=True)
class Function:
    """A function (closure) that was stored with the data."""

    offset: int
    calls: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)


class RData(View):
    """What an R file would put into a session."""

    kind: ClassVar[str] = "r"

    def __init__(self) -> None:
        super().__init__()
        self.version = 0
        self.bindings: dict[str, str] = {}
        """Names that loading the file assigns, and the type of each value; empty for a single object."""
        self.promises: list[Promise] = []
        self.functions: list[Function] = []
        self.loose_calls: list[tuple[str, int]] = []
        """Functions named by expressions that lie about as data, and where: formulas, stored calls."""
        self.packages: set[str] = set()
        """Packages whose namespace is loaded, and so their code run, when the file is read."""
        self.pointers = 0
        """External pointers, which come back empty."""
        self.top = ""
        """The type of the outermost object."""


def read(source: Source, budget: Budget, name: str) -> RData:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`."""
    view = RData()
    start = 5 if source.read(0, 5) in MAGICS else 0
    try:
        stream = open_input(source, budget, start)
        view.version = _header(stream)
    except FormatError as error:
        if start:
            raise
        raise NotThisFormat(error.what, offset=error.offset) from error
    machine = Machine(stream, budget)
    try:
        machine.run()
        if stream.position < source.size and source.read(stream.position, 64).strip(b"\0\n\r "):
            raise FormatError("more bytes follow after the object's end", offset=stream.position)
    except FormatError as error:
        view.note(error)
    _collect(view, machine, bool(start))
    return view


def _header(stream: Input) -> int:
    version = stream.integer()
    writer, least = stream.integer(), stream.integer()
    if version not in {1, 2, 3} or not 0 <= least <= writer <= 0x00FF_FFFF:
        raise FormatError(f"version {version} of R's serialisation is unknown", offset=stream.position)
    if version == 3:
        stream.text(stream.integer())
    return version


def _collect(view: RData, machine: Machine, bindings: bool) -> None:
    view.top = machine.top
    view.packages = machine.packages
    view.pointers = machine.pointers
    view.promises = [
        Promise(tuple(one.calls), tuple(one.texts), one.inside, one.forced, one.offset) for one in machine.promises
    ]
    view.functions = [Function(one.offset, set(one.calls), one.texts) for one in machine.functions]
    view.loose_calls = machine.loose
    if bindings:
        view.bindings = dict(machine.bindings)
