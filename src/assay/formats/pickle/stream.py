"""Runs the pickles that follow each other in some bytes, and says what they would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from assay.core.errors import FormatError
from assay.formats import compiled
from assay.formats.budget import Budget, LimitReached
from assay.formats.pickle.frames import Spliced, forgotten
from assay.formats.pickle.hot import HOT
from assay.formats.pickle.view import Pickle
from assay.formats.source import Source
from assay.formats.view import Member

compiled.prefer(HOT)

from assay.formats.pickle.machine import Machine  # noqa: E402 - which form of it was just decided
from assay.formats.pickle.record import OnBuild  # noqa: E402

if TYPE_CHECKING:
    from assay.formats.pickle.embedded import Inspector

#: Offsets behind STOP that are kept.
STOPS: Final = 1000

NewMachine = Callable[[Source, Budget, OnBuild | None, "Callable[[int], None] | None"], Machine]


def run(
    source: Source,
    start: int,
    budget: Budget,
    *,
    streams: int | None = None,
    on_build: OnBuild | None = None,
    strings: bool = True,
    containers: bool = True,
    machine: NewMachine = Machine,
) -> Pickle:
    """Run the pickles that follow each other from ``start`` on, until one breaks or what follows is no pickle.

    What a pickle did before it broke counts; a broken one is a problem of the view, and ``broken`` is set. Bytes that
    follow a pickle and would do nothing before they break are no pickle but trailing bytes.

    Every pickle is run as a new unpickler would, which forgets the memo; when there are several, once more as one
    unpickler that is used again and again, and what only that does is added.

    :param streams: run so many at most; what follows is then left alone
    :param on_build: asked after every BUILD with its call and the offset behind it, for pickles that hold raw bytes in
        between: it answers where the pickle goes on, or ``None``
    :param containers: whether a container that a pickle gives is kept in ``results`` with its items
    :param strings: whether to look into strings for pickles, archives and programs
    :param machine: what runs it; tests give another form of the same
    """
    inside = _Strings(source, budget) if strings else None
    first = _Pass(source, budget, machine(source, budget, on_build, inside))
    first.machine.keep_containers = containers
    first.run(start, streams, carry=False)
    best = first
    again = None
    if first.streams > 1:
        again = _Pass(source, budget, machine(source, budget, on_build, None))
        again.run(start, streams, carry=True)
        if first.error is not None and again.end > first.end:
            best = again
    view = best.view(streams)
    view.embedded = inside.members if inside is not None else []
    if again is not None:
        _add(view, first if best is again else again)
    for frame_start, frame_end in first.machine.crossed:
        _add_unframed(view, source, start, (frame_start, frame_end), budget, machine)
    return view


def _add_unframed(
    view: Pickle, source: Source, start: int, frame: tuple[int, int], budget: Budget, machine: NewMachine
) -> None:
    """Add what an unpickler does that forgets the rest of a frame when an opcode reaches over its end."""
    cut = forgotten(source, *frame)
    if cut is None or cut >= frame[1]:
        return
    view.frames_differ = True
    spliced = Spliced(source, cut, frame[1])
    other = machine(spliced, budget, None, None)
    other.watch_frames = False
    whole = _Pass(spliced, budget, other)
    whole.run(start, None, carry=False)
    other.imports = [replace(name, offset=spliced.place(name.offset)) for name in other.imports]
    other.calls = [replace(call, offset=spliced.place(call.offset)) for call in other.calls]
    _add(view, whole)


class _Strings:
    """Looks into strings; what that needs is imported when the first one is worth it."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self._source = source
        self._budget = budget
        self._inspector: Inspector | None = None

    def __call__(self, offset: int) -> None:
        if self._inspector is None:
            from assay.formats.pickle.embedded import Inspector  # noqa: PLC0415 - it needs all decompressors

            self._inspector = Inspector(self._source, self._budget)
        self._inspector(offset)

    @property
    def members(self) -> list[Member]:
        """What was found."""
        return self._inspector.members if self._inspector is not None else []


class _Pass:
    """All pickles of some bytes, run by one machine."""

    def __init__(self, source: Source, budget: Budget, machine: Machine) -> None:
        self.source = source
        self.budget = budget
        self.machine = machine
        self.streams = 0
        self.stops: list[int] = []
        self.end = 0
        self.error: FormatError | None = None

    def run(self, start: int, streams: int | None, *, carry: bool) -> None:
        """Run them; what stops this is in ``error``.

        :param carry: keep the memo from one to the next
        """
        machine = self.machine
        self.end = start
        while (streams is None or self.streams < streams) and (not self.streams or self.end < self.source.size):
            before = machine.done()
            try:
                self.end = int(machine.run(self.end, carry and self.streams > 0))
            except FormatError as error:
                if self.streams and machine.done() == before and not self._must_be(error):
                    return
                self.streams += 1
                self.error = error
                self._look_behind_frame(error)
                self.end = self.source.size if error.offset is None else error.offset
                return
            self.streams += 1
            if len(self.stops) < STOPS:
                self.stops.append(self.end)
            if self.streams % 64 == 0:
                self.budget.check_time(self.end)

    def _look_behind_frame(self, error: FormatError) -> None:
        """When what broke is an argument that reaches over the end of a frame, other unpicklers read another one."""
        end, offset = int(self.machine.frame_end), error.offset
        if offset is None or not 0 < offset < end < self.source.size:
            return
        if forgotten(self.source, offset, end, opcodes=1) is not None:
            self.machine.crossed.append((offset, end))

    def _must_be(self, error: FormatError) -> bool:
        """Whether bytes that did nothing before they broke are to be told all the same."""
        head = self.source.read(self.end, 2)
        return isinstance(error, LimitReached) or (len(head) == 2 and head[0] == 0x80 and head[1] <= 5)

    def view(self, streams: int | None) -> Pickle:
        """What was seen."""
        machine, view = self.machine, Pickle()
        view.streams, view.stops, view.results = self.streams, self.stops, machine.results
        view.imports, view.calls, view.persistent = machine.imports, machine.calls, machine.persistent
        view.protocol, view.opcodes = int(machine.highest), int(machine.steps)
        view.expansion, view.frames_differ = int(machine.expansion), machine.frames_differ
        view.end = self.end
        if self.error is not None:
            view.broken = True
            view.note(self.error)
        elif streams is None:
            view.trailing = self.source.size - self.end
        return view


def _add(view: Pickle, other: _Pass) -> None:
    """Add what only another pass has seen."""
    names = {(name.offset, name.module, name.name) for name in view.imports}
    view.imports += [name for name in other.machine.imports if (name.offset, name.module, name.name) not in names]
    calls = {(call.offset, _what(call.target)) for call in view.calls}
    view.calls += [call for call in other.machine.calls if (call.offset, _what(call.target)) not in calls]


def _what(target: object) -> str:
    """What is called, as far as it can be told quickly."""
    return str(getattr(target, "dotted", type(target).__name__))
