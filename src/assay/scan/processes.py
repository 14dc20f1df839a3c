"""Several processes that inspect batches of files; one that dies of a file takes no other file with it."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Final

from assay.scan.file import unread
from assay.scan.inspection import Inspection
from assay.scan.parallel import Inspect, cost
from assay.scan.settings import Settings
from assay.scan.tree import Found

if TYPE_CHECKING:
    from assay.scan.cache import Cache

#: Work of one batch, as :func:`~assay.scan.parallel.cost` counts it.
BATCH: Final = 4 << 20


def spread(
    files: Sequence[Found], settings: Settings, jobs: int, cache: Cache | None, inspect: Inspect
) -> Iterator[tuple[int, Inspection]]:
    """As :func:`~assay.scan.parallel.inspect_all`, always with processes."""
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
    total = 0
    for index in sorted(range(len(files)), key=lambda index: -files[index].status.st_size):
        batch.append(index)
        total += cost(files[index])
        if total >= BATCH:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _context() -> multiprocessing.context.BaseContext:
    # A fork starts at once and has all modules; it is unsafe when other threads run.
    return multiprocessing.get_context("fork" if threading.active_count() == 1 else "spawn")
