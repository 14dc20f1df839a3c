"""What a stream of pickles would do when loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from assay.formats.pickle.values import Call, Global
from assay.formats.view import Fact, Member, View


class Pickle(View):
    """One or more pickles that follow each other in the same bytes."""

    kind: ClassVar[str] = "pickle"

    def __init__(self) -> None:
        super().__init__()
        self.streams: int = 0
        """Pickles that were begun."""
        self.protocol: int = 0
        """The highest protocol that any of them names."""
        self.imports: list[Global] = []
        """Every name that is fetched, each once, where it first is."""
        self.calls: list[Call] = []
        """What runs, in order. Calls of inert callables with nothing but constants are counted, not kept one by one."""
        self.opcodes: int = 0
        """Steps taken."""
        self.end: int = 0
        """Where reading stopped, in bytes: after the last STOP, or where it broke."""
        self.embedded: list[Member] = []
        """Strings and bytes inside that look like something to inspect on its own."""

    def members(self) -> Iterator[Member]:
        """See :class:`View`."""
        return iter(self.embedded)

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`."""
        return [Fact("import", module, offset) for module, offset in self._modules().items()]

    def _modules(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for name in self.imports:
            found.setdefault(name.module, name.offset)
        return found
