"""Several whole PyTorch zips, one directly after another, as ``torch.distributed.checkpoint`` writes a shard.

Each is a file of its own, which its loader finds by an offset that stands elsewhere. Read as one zip they would
contradict each other. Any other row of zips *is* a contradiction, and stays the zip reader's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from assay.formats.archive import zip_records
from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import Member, NotThisFormat, View

#: ``torch.save`` to a stream, which has no name, calls the folder inside so; the pickle is its first entry.
_FIRST: Final = b"archive/data.pkl"
#: Before the name in a local header.
_FIXED: Final = 30


class Row(View):
    """A row of zips, each a member."""

    kind: ClassVar[str] = "zip-row"

    def __init__(self, source: Source, starts: list[int]) -> None:
        super().__init__()
        self._source = source
        self.starts = starts
        """Where each begins."""

    def members(self) -> Iterator[Member]:
        """See :class:`View`."""
        ends = [*self.starts[1:], self._source.size]
        for number, (start, end) in enumerate(zip(self.starts, ends, strict=True), 1):
            yield Member(f"zip {number}", Window(self._source, start, end - start), start, ("zip", "torch"))


def begins_one(source: Source, offset: int) -> bool:
    """Whether what ``torch.save`` writes to a stream may begin there."""
    start = source.read(offset, _FIXED + len(_FIRST))
    return start.startswith(zip_records.LOCAL) and start[_FIXED:] == _FIRST


def starts(source: Source, budget: Budget) -> list[int]:
    """Where the zips begin whose row fills the bytes without a gap; empty when it is no row of at least two.

    :raises LimitReached: there are more than a file may have members
    """
    found: list[int] = []
    end = source.size
    while end > 0:
        last = zip_records.end_at(source, end)
        if last is None or last.comment:
            return []
        start = last.directory - last.declared
        if not 0 <= start < last.directory or not begins_one(source, start):
            return []
        if not found and start == 0:
            return []
        budget.spend_members(offset=start)
        found.append(start)
        end = start
    return found[::-1]


def read(source: Source, budget: Budget, _name: str) -> Row:
    """See :class:`~assay.formats.signature.Reader`."""
    found = starts(source, budget)
    if not found:
        raise NotThisFormat("it is no row of PyTorch's zips", offset=0)
    return Row(source, found)
