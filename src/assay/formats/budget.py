"""How much one file may cost: readers spend from it, and what is over ends in "could not tell", never in a hang."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from assay.core.errors import FormatError


class LimitReached(FormatError):  # noqa: N818 - the state that was met
    """A limit was met; what was found until then stands.

    :param limit: its name in :class:`Limits`
    :param offset: where, in bytes from the start of what was being read
    """

    def __init__(self, limit: str, value: float, *, offset: int | None = None) -> None:
        super().__init__(
            f"LIMIT {limit} ({value:,.0f})", offset=offset, remedy=f"Raise it with --limit {limit}=NUMBER."
        )
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Limits:
    """What inspecting one file, with all that lies inside it, may cost.

    :param seconds: wall time
    :param depth: containers in containers
    :param members: files in containers, tensors, nodes of a graph, keys of a document: whatever a file may claim to
        have many of
    :param expanded: bytes that come out of decompression, in all
    :param ratio: bytes that come out for one that went in, once a MiB has come out
    :param held: bytes of one thing held in memory at once: a header, a document, a name table
    :param opcodes: steps of a pickle machine
    :param memo: entries of a pickle's memo
    """

    seconds: float = 300.0
    depth: int = 16
    members: int = 200_000
    expanded: int = 64 << 30
    ratio: int = 2_000
    held: int = 256 << 20
    opcodes: int = 2_000_000_000
    memo: int = 50_000_000


class Budget:
    """What is left of one file's :class:`Limits`. Shared by every reader of the file and of what lies inside it.

    :param inert: dotted names of callables that do nothing with constants but compute; a pickle machine may count
        further calls of them without keeping their arguments
    :param clock: seconds that never go back
    """

    __slots__ = ("_clock", "_deadline", "depth", "expanded", "inert", "limits", "members")

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        inert: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.inert = inert
        self.depth = 0
        self.members = 0
        self.expanded = 0
        self._clock = clock
        self._deadline = clock() + self.limits.seconds

    def check_time(self, offset: int | None = None) -> None:
        """Call now and then in every loop whose length the file decides.

        :raises LimitReached: the time is over
        """
        if self._clock() > self._deadline:
            raise LimitReached("seconds", self.limits.seconds, offset=offset)

    def spend_members(self, count: int = 1, *, offset: int | None = None) -> None:
        """Count members before they are read.

        :raises LimitReached: more than ``limits.members`` in all, or the time is over
        """
        self.members += count
        if self.members > self.limits.members:
            raise LimitReached("members", self.limits.members, offset=offset)
        if self.members % 64 < count:
            self.check_time(offset)

    def spend_expanded(self, out: int, *, total_in: int, total_out: int, offset: int | None = None) -> None:
        """Count ``out`` bytes that came out of a decompressor.

        :param total_in: bytes this decompressor has taken so far
        :param total_out: bytes it has given so far, with these
        :raises LimitReached: too many in all, too many for what went in, or the time is over
        """
        self.expanded += out
        if self.expanded > self.limits.expanded:
            raise LimitReached("expanded", self.limits.expanded, offset=offset)
        if total_out > 1 << 20 and total_out > self.limits.ratio * max(total_in, 1):
            raise LimitReached("ratio", self.limits.ratio, offset=offset)
        self.check_time(offset)

    def check_held(self, size: int, *, offset: int | None = None) -> None:
        """Ask before holding ``size`` bytes at once.

        :raises LimitReached: more than ``limits.held``
        """
        if size > self.limits.held:
            raise LimitReached("held", self.limits.held, offset=offset)
