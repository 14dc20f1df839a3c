"""Blobs: the bytes of models and data by their SHA-256, on a folder or any store, encrypted at rest when asked.

Two layers. :class:`Objects` keeps named sequences of bytes and knows nothing about them; ``blobs.py`` gives each blob
its object's name, encrypts, and lets no byte out that was not verified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol


class Objects(Protocol):
    """A place for named objects; a name is 64 lower-case hexadecimal digits.

    Every method raises :class:`assay.core.errors.BlobError` where the place cannot be read or written.
    """

    def has(self, name: str) -> bool:
        """Whether there is an object called ``name``."""

    def put(self, name: str, write: Callable[[BinaryIO], None], *, replace: bool = False) -> None:
        """Store what ``write`` writes, all of it or, whatever happens meanwhile, nothing.

        :param replace: put it in place of an object that is there; otherwise that one stays, and this is dropped
        """

    def open(self, name: str) -> BinaryIO:
        """The object's bytes, seekable. A missing one is a ``BlobError``."""

    def names(self) -> Iterator[str]:
        """The names of all objects, sorted."""
