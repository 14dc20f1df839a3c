"""How far a scan is: files and bytes, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Reached(NamedTuple):
    """What is done, and what there is.

    :param size: bytes of the files that are done, and of the one that is being read
    """

    files: int
    all_files: int
    size: int
    whole: int


Progress = Callable[[Reached], None]


class Meter:
    """Adds up what is done and tells it on; one call at a time, from whichever thread."""

    def __init__(self, sizes: Iterable[int], tell: Progress) -> None:
        """Tell at once that nothing is done.

        :param sizes: of all files, in bytes
        """
        self._sizes = list(sizes)
        self._tell = tell
        self._whole = sum(self._sizes)
        self._files = self._done = self._within = 0
        self._say()

    def read(self, size: int) -> None:
        """So many more bytes of a file were read."""
        self._within += size
        self._say()

    def finished(self, place: int) -> None:
        """The file at this place of the list is done; what was read of it counts no longer by itself."""
        self._files += 1
        self._done += self._sizes[place]
        self._within = 0
        self._say()

    def _say(self) -> None:
        size = min(self._done + self._within, self._whole)
        self._tell(Reached(self._files, len(self._sizes), size, self._whole))
