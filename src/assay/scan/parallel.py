"""Inspect many files on all cores, and live through a process that dies of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from assay.scan.file import inspect_file
from assay.scan.inspection import Inspection
from assay.scan.settings import Settings
from assay.scan.tree import Found

if TYPE_CHECKING:
    from assay.scan.cache import Cache

Inspect = Callable[[str, str, Settings, "Cache | None"], Inspection]

#: Work that is done before other processes would have started, in bytes; a file counts as :data:`PER_FILE` more.
ALONE: Final = 160 << 20
PER_FILE: Final = 48 << 10


def inspect_all(
    files: Sequence[Found], settings: Settings, jobs: int, cache: Cache | None = None, inspect: Inspect = inspect_file
) -> Iterator[tuple[int, Inspection]]:
    """Inspect files; yields each one's place in ``files`` and its result, as they are done.

    :param jobs: processes, at most
    :param cache: where results for the same bytes may be
    :param inspect: what looks at one file: its place, its name in the result, the settings, the cache
    """
    if is_alone(files, jobs):
        for index, file in enumerate(files):
            yield index, inspect(file.place, file.path, settings, cache)
        return
    from assay.scan.processes import spread  # noqa: PLC0415 - a few files need none, and it takes long to import

    yield from spread(files, settings, jobs, cache, inspect)


def is_alone(files: Sequence[Found], jobs: int) -> bool:
    """Whether no other processes are started for these files."""
    return jobs < 2 or len(files) < 2 or sum(map(cost, files)) < ALONE


def cost(file: Found) -> int:
    """What inspecting a file takes, in bytes of reading."""
    return file.status.st_size + PER_FILE
