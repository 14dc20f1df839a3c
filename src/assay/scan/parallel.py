"""Inspect many files on all cores, and live through a process that dies of one."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from assay.scan.cache import Cache
from assay.scan.file import inspect_file, unread
from assay.scan.inspection import Inspection
from assay.scan.settings import Settings
from assay.scan.tree import Found

Inspect = Callable[[str, str, Settings, Cache | None], Inspection]

#: Work that is done before other processes have started, in bytes; a file counts as :data:`PER_FILE` more.
ALONE: Final = 48 << 20
PER_FILE: Final = 48 << 10
#: Work of one batch.
BATCH: Final = 4 << 20


def inspect_all(
    files: Sequence[Found], settings: Settings, jobs: int, cache: Cache | None = None, inspect: Inspect = inspect_file
) -> Iterator[tuple[int, Inspection]]:
    """Inspect files; yields each one's place in ``files`` and its result, as they are done.

    :param jobs: processes, at most
    :param cache: where results for the same bytes may be
    :param inspect: what looks at one file: its place, its name in the result, the settings, the cache
    """
    if jobs < 2 or len(files) < 2 or sum(map(_cost, files)) < ALONE:
        for index, file in enumerate(files):
            yield index, inspect(file.place, file.path, settings, cache)
        return
    alone: list[int] = []
    with ProcessPoolExecutor(max_workers=jobs, mp_context=_context()) as pool:
        batches: dict[Future[list[Inspection]], list[int]] = {}
        try:
            for batch in _batches(files):
                batches[pool.submit(_inspect, inspect, [files[index] for index in batch], settings, cache)] = batch
            for done in as_completed(batches):
                try:
                    yield from zip(batches[done], done.result(), strict=True)
                except BrokenProcessPool:
                    alone.extend(batches[done])
        except BrokenProcessPool:  # while work was still being handed out
            handed = {index for batch in batches.values() for index in batch}
            alone.extend(index for index in range(len(files)) if index not in handed)
        finally:
            pool.shutdown(cancel_futures=True)
    for index in alone:
        yield index, _inspect_apart(inspect, files[index], settings)


def _inspect_apart(inspect: Inspect, file: Found, settings: Settings) -> Inspection:
    """In a process of its own, since a process that had it among others died."""
    with ProcessPoolExecutor(max_workers=1, mp_context=_context()) as pool:
        try:
            return pool.submit(_inspect, inspect, [file], settings, None).result()[0]
        except BrokenProcessPool:
            return unread(file.path, "the process that inspected it ended abruptly; please report this file")


def _inspect(inspect: Inspect, files: list[Found], settings: Settings, cache: Cache | None) -> list[Inspection]:
    return [inspect(file.place, file.path, settings, cache) for file in files]


def _batches(files: Sequence[Found]) -> Iterator[list[int]]:
    """The largest first, many small ones together."""
    batch: list[int] = []
    cost = 0
    for index in sorted(range(len(files)), key=lambda index: -files[index].status.st_size):
        batch.append(index)
        cost += _cost(files[index])
        if cost >= BATCH:
            yield batch
            batch, cost = [], 0
    if batch:
        yield batch


def _cost(file: Found) -> int:
    return file.status.st_size + PER_FILE


def _context() -> multiprocessing.context.BaseContext:
    # A fork starts at once and has all modules; it is unsafe when other threads run.
    return multiprocessing.get_context("fork" if threading.active_count() == 1 else "spawn")
