"""Files that no loader of models runs: recognised, so that nothing is skipped in silence, and not looked into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import Member, View


class Plain(View):
    """Something harmless.

    :param end: where it ends by its own account; what follows is inspected as a file of its own
    """

    kind: ClassVar[str] = "plain"

    def __init__(self, source: Source, end: int | None = None) -> None:
        super().__init__()
        self.source = source
        self.end = end

    @property
    def trailing(self) -> int:
        """Bytes after its end, unless the first MiB of them are all zeros or white space."""
        if self.end is None or self.end >= self.source.size:
            return 0
        return self.source.size - self.end if self.source.read(self.end, 1 << 20).strip(b"\0\r\n\t ") else 0

    def members(self) -> Iterator[Member]:
        """What follows its end."""
        if self.end is not None and self.trailing:
            yield Member("data after the end", Window(self.source, self.end, self.trailing), self.end)

    def covers(self) -> frozenset[str]:
        """See :class:`View`: a zip inside something whose end is not known is surrounded by that."""
        if self.end is not None:
            return frozenset()
        from assay.formats.archive.zip_gaps import GAP, PREFIX, TRAILING  # noqa: PLC0415 - few files get here

        return frozenset({GAP, PREFIX, TRAILING})


def read(source: Source, _budget: Budget, _name: str) -> Plain:
    """See :class:`~assay.formats.signature.Reader`."""
    return Plain(source)
