"""ExecuTorch programs (``.pte``): the operators they call, the delegates they hand parts to, and what those are given.

Slots are those of ``program.fbs``. Weights and delegates' data may lie in segments behind the FlatBuffer; the header
behind the identifier says where they start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.flatbuffer import Flatbuffer, Table
from assay.formats.source import Source, Window
from assay.formats.view import Member, View

HEADER: Final = b"eh00"
#: Bytes of a name that are kept.
NAME_KEPT: Final = 512


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator that a method calls.

    :param name: with its namespace, ``aten::add``
    :param method: the entry point that calls it
    """

    name: str
    overload: str
    method: str
    offset: int

    @property
    def namespace(self) -> str:
        """What stands before ``::``; empty without one."""
        return self.name.rpartition("::")[0]


@dataclass(frozen=True, slots=True)
class Delegate:
    """A backend that runs a part of a method.

    :param id: the name it is registered under
    """

    id: str
    method: str
    offset: int


class ExecuTorch(View):
    """A program."""

    kind: ClassVar[str] = "executorch"

    def __init__(self) -> None:
        super().__init__()
        self.version: int = 0
        self.operators: list[Operator] = []
        self.delegates: list[Delegate] = []
        self.misplaced: list[tuple[str, int]] = []
        """What lies where no loader may read, and where that is said."""
        self._blobs: list[tuple[str, Window]] = []

    def members(self) -> Iterator[Member]:
        """See :class:`View`."""
        for name, data in self._blobs:
            yield Member(name, data, data.start)


def read(source: Source, budget: Budget, name: str) -> ExecuTorch:
    """See :class:`~assay.formats.signature.Reader`."""
    del name
    view = ExecuTorch()
    program = Flatbuffer(source, budget).root()
    try:
        view.version = program.number(0, 4)
        for plan in program.tables(1):
            _plan(view, plan)
        for slot, title in ((2, "constant"), (3, "delegate")):
            for index, buffer in enumerate(program.tables(slot)):
                data = buffer.window(0)
                if data is not None and data.size:
                    view._blobs.append((f"{title} {index}", data))
        base = _segment_base(source)
        for index, segment in enumerate(program.tables(4)):
            _segment(view, source, base, index, segment)
    except FormatError as error:
        view.note(error)
    return view


def _plan(view: ExecuTorch, plan: Table) -> None:
    method = plan.text(0, NAME_KEPT)
    for operator in plan.tables(6):
        view.operators.append(
            Operator(operator.text(0, NAME_KEPT), operator.text(1, NAME_KEPT), method, operator.offset)
        )
    for delegate in plan.tables(7):
        view.delegates.append(Delegate(delegate.text(0, NAME_KEPT), method, delegate.offset))


def _segment_base(source: Source) -> int:
    """Where segments start; 0 without the header that says so."""
    header = source.read(8, 32)
    length = int.from_bytes(header[4:8], "little")
    return int.from_bytes(header[16:24], "little") if header[:4] == HEADER and length >= 24 else 0


def _segment(view: ExecuTorch, source: Source, base: int, index: int, segment: Table) -> None:
    start, size = segment.number(0, 8), segment.number(1, 8)
    if base + start + size > source.size:
        view.misplaced.append((f"segment {index} of {size:,} bytes ends beyond the file", segment.offset))
    elif size:
        view._blobs.append((f"segment {index}", Window(source, base + start, size)))
