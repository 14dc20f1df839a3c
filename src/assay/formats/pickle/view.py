"""What a stream of pickles would do when loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, NamedTuple

from assay.formats.pickle.values import Call, Global, Persistent, Value
from assay.formats.source import Source
from assay.formats.view import Fact, Member, View


class Overlaid(NamedTuple):
    """A stretch that is a pickle of its own, in which a plain unpickler recalls what the pickle around it memoized.

    :param names: the last parts of the names that it fetches when it is read by itself
    """

    start: int
    stop: int
    names: frozenset[str]


class Pickle(View):
    """One or more pickles that follow each other in the same bytes. All offsets are from the start of the source."""

    kind: ClassVar[str] = "pickle"

    def __init__(self) -> None:
        super().__init__()
        self.source: Source | None = None
        """What it was read from, when that is a file or a member of its own."""
        self.streams: int = 0
        """Pickles that were begun."""
        self.stops: list[int] = []
        """The offset behind each STOP, of the first thousand."""
        self.results: list[Value] = []
        """What each of the first 16 pickles gives."""
        self.protocol: int = 0
        """The highest protocol that any of them names."""
        self.outside: list[tuple[str, int]] = []
        """Files beside this one that its loader reads arrays from, as named, and where; joblib wrote such."""
        self.imports: list[Global] = []
        """Every name that is fetched, each once, where it first is."""
        self.calls: list[Call] = []
        """What runs, in order. Calls of inert callables with nothing but constants are counted, not kept one by one;
        when too many others would be kept, more of the same target are one call with :class:`Opaque` arguments."""
        self.persistent: list[Persistent] = []
        """What is asked of the loader's ``persistent_load``, of the first hundred thousand."""
        self.opcodes: int = 0
        """Steps taken."""
        self.end: int = 0
        """Where reading stopped, in bytes: after the last STOP, or where it broke."""
        self.broken: bool = False
        """The last pickle has no STOP that an unpickler would reach; what it did before counts."""
        self.trailing: int = 0
        """Bytes after the last STOP that do not begin another pickle."""
        self.expansion: int = 0
        """Values in the largest container when what is shared in it is counted each time (at most 2**60)."""
        self.frames_differ: bool = False
        """An opcode reaches over the end of a frame, or a frame begins or a pickle ends within one: what follows
        depends on the unpickler (see :mod:`assay.formats.pickle.frames`). No pickler writes that."""
        self.overlaid: list[Overlaid] = []
        """Stretches that the file's own loader reads as pickles of their own, to their end."""
        self.embedded: list[Member] = []
        """Strings and bytes inside that look like something to inspect on its own."""

    @property
    def idle(self) -> bool:
        """Whether nothing is fetched and nothing called."""
        return not (self.calls or self.imports)

    def members(self) -> Iterator[Member]:
        """See :class:`View`."""
        return iter(self.embedded)

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`."""
        return [Fact("import", module, offset) for module, offset in self._modules().items()]

    def _modules(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for name in self.imports:
            if name.module:
                found.setdefault(name.module, name.offset)
        return found
