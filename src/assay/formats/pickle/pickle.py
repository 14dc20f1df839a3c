"""Reads a file as pickles."""

from __future__ import annotations

from assay.formats.budget import Budget
from assay.formats.pickle.stream import run
from assay.formats.pickle.view import Pickle
from assay.formats.source import Source
from assay.formats.view import NotThisFormat


def read(source: Source, budget: Budget, name: str) -> Pickle:
    """See :class:`assay.formats.signature.Reader`."""
    view = run(source, 0, budget)
    if view.broken and not (view.imports or view.calls or view.persistent):
        raise NotThisFormat("it does nothing as a pickle before it breaks", offset=view.end)
    return view
