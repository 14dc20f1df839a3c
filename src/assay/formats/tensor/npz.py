"""NumPy's ``.npz``: a zip of arrays. The zip's own reader gives the arrays as members; this one knows them by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from assay.core.errors import FormatError
from assay.formats.archive import zip as zips
from assay.formats.archive.zip import Zip
from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.tensor import npy
from assay.formats.view import NotThisFormat, Tensor, View


class Npz(View):
    """A zip of arrays. Its arrays are examined as members of the zip, so :meth:`tensors` has none."""

    kind: ClassVar[str] = "npz"

    def __init__(self, archive: Zip, budget: Budget) -> None:
        super().__init__()
        self._archive = archive
        self._budget = budget

    def named_tensors(self) -> Iterator[Tensor]:
        """The arrays, for comparing them with another file's."""
        for entry in self._archive.entries:
            if not entry.name.endswith(".npy") or entry.local is None:
                continue
            try:
                yield from npy.read(self._archive.open(entry), self._budget, entry.name).tensors()
            except FormatError as error:
                self.note(FormatError(f"{entry.name!r}: {error.what}", offset=entry.offset))


def read(source: Source, budget: Budget, name: str) -> Npz:
    """Read the directory; see :class:`assay.formats.signature.Reader`."""
    archive = zips.read(source, budget, name)
    files = [entry for entry in archive.entries if not entry.is_folder]
    if not files or not any(entry.name.endswith(".npy") for entry in files):
        raise NotThisFormat("it is a zip, but holds no arrays", offset=0)
    return Npz(archive, budget)
