"""Runs the pickles that follow each other in some bytes, and says what they would do."""

from __future__ import annotations

from typing import Final

from assay.core.errors import FormatError
from assay.formats import compiled
from assay.formats.budget import Budget, LimitReached
from assay.formats.pickle.view import Pickle
from assay.formats.source import Source

#: Hot modules, in the order in which they need each other.
HOT: Final = tuple(f"assay.formats.pickle.{name}" for name in ("cells", "state", "record", "machinery", "machine"))
compiled.prefer(HOT)

from assay.formats.pickle.machine import Machine  # noqa: E402 - which form of it was just decided
from assay.formats.pickle.record import OnBuild  # noqa: E402

#: Offsets behind STOP that are kept.
STOPS: Final = 1000


def run(
    source: Source,
    start: int,
    budget: Budget,
    *,
    streams: int | None = None,
    on_build: OnBuild | None = None,
) -> Pickle:
    """Run the pickles that follow each other from ``start`` on, until one breaks or what follows is no pickle.

    What a pickle did before it broke counts; a broken one is a problem of the view, and ``broken`` is set. Bytes that
    follow a pickle and would do nothing before they break are no pickle but trailing bytes.

    :param streams: run so many at most; what follows is then left alone
    :param on_build: asked after every BUILD with its call and the offset behind it, for pickles that hold raw bytes in
        between: it answers where the pickle goes on, or ``None``
    """
    machine = Machine(source, budget, on_build)
    view = Pickle()
    position = start
    while streams is None or view.streams < streams:
        if view.streams and position >= source.size:
            break
        before = len(machine.imports), len(machine.calls), len(machine.persistent)
        try:
            after = int(machine.run(position))
        except FormatError as error:
            did_nothing = before == (len(machine.imports), len(machine.calls), len(machine.persistent))
            if view.streams and did_nothing and not isinstance(error, LimitReached) and not _begins(source, position):
                break
            view.streams += 1
            view.broken = True
            view.note(error)
            position = source.size if error.offset is None else error.offset
            break
        view.streams += 1
        position = after
        if len(view.stops) < STOPS:
            view.stops.append(after)
    view.end = position
    view.trailing = 0 if view.broken or streams is not None else source.size - position
    view.results = machine.results
    view.imports = machine.imports
    view.calls = machine.calls
    view.persistent = machine.persistent
    view.protocol = int(machine.highest)
    view.opcodes = int(machine.steps)
    view.expansion = int(machine.expansion)
    view.frames_differ = machine.frames_differ
    return view


def _begins(source: Source, position: int) -> bool:
    """Whether the bytes say that they are a pickle: PROTO with a protocol that exists, and a FRAME where it must be."""
    head = source.read(position, 3)
    return len(head) == 3 and head[0] == 0x80 and head[1] <= 5
