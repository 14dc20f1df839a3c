"""Files of nothing but zeros, and empty ones."""

from __future__ import annotations

from assay.formats.budget import Budget
from assay.formats.plain.plain import Plain
from assay.formats.source import Source
from assay.formats.view import NotThisFormat


def read(source: Source, budget: Budget, _name: str) -> Plain:
    """See :class:`~assay.formats.signature.Reader`."""
    for offset in range(0, source.size, 1 << 20):
        if source.read(offset, 1 << 20).strip(b"\0"):
            raise NotThisFormat("it is not all zeros", offset=offset)
        budget.check_time(offset)
    return Plain(source)
