"""A manifest: what a folder holds, path by path, and the one digest that commits to all of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from assay.core.digest import DIR_HASH, Digest
from assay.core.errors import HashingError


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: ``path`` relative to the folder with ``/`` between parts, ``size`` in bytes, its SHA-256."""

    path: str
    size: int
    digest: Digest


@dataclass(frozen=True)
class Manifest:
    """The files of a folder, sorted by the UTF-8 bytes of their paths.

    :raises HashingError: two entries have the same path, or a path that a ``dirHash`` cannot hold
    """

    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        ordered = sorted(self.entries, key=lambda entry: entry.path.encode())
        object.__setattr__(self, "entries", tuple(ordered))
        for before, after in pairwise(ordered):
            if before.path == after.path:
                raise HashingError("the same path stands twice in one manifest", where=before.path)
        for entry in ordered:
            if "\n" in entry.path or "\0" in entry.path:
                raise HashingError(
                    "a line break in a file name cannot be hashed without ambiguity", where=repr(entry.path)
                )

    @cached_property
    def digest(self) -> Digest:
        """The ``dirHash`` of the folder: names and contents, as Go's ``h1:`` and in-toto's DigestSet define it."""
        total = hashlib.sha256()
        for entry in self.entries:
            total.update(f"{entry.digest.value}  {entry.path}\n".encode())
        return Digest(DIR_HASH, total.hexdigest())

    @property
    def size(self) -> int:
        """Bytes in all files together."""
        return sum(entry.size for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a folder differs from its manifest: sorted paths."""

    added: tuple[str, ...]
    missing: tuple[str, ...]
    altered: tuple[str, ...]

    @property
    def same(self) -> bool:
        return not (self.added or self.missing or self.altered)


def compare(expected: Manifest, actual: Manifest) -> Comparison:
    """Tell the files of ``actual`` that were added, are missing, or hold other bytes than ``expected`` says."""
    old = {entry.path: entry.digest for entry in expected.entries}
    new = {entry.path: entry.digest for entry in actual.entries}
    return Comparison(
        added=tuple(path for path in new if path not in old),
        missing=tuple(path for path in old if path not in new),
        altered=tuple(path for path, digest in new.items() if path in old and old[path] != digest),
    )
