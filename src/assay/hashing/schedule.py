"""Spread work over all cores: one queue, taken from in order by one thread per core.

Threads are enough: reading and SHA-256 of a large piece both run without the interpreter's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import TypeVar

from assay.hashing.cores import cores
from assay.hashing.reading import Progress, new_buffer

T = TypeVar("T")
R = TypeVar("R")


def spread(
    work: Callable[[T, memoryview, Progress], R], items: Sequence[T], *, progress: Progress | None = None
) -> tuple[R, ...]:
    """Do ``work(item, buffer, progress)`` for each item and return the results in the items' order.

    Items start in order, so put the longest first. ``buffer`` belongs to the thread. ``progress`` calls never overlap,
    whichever thread they come from. The first failure stops the others at their next ``progress`` call.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    for index in range(len(items)):
        waiting.put(index)
    stop, lock = Event(), Lock()
    done: dict[int, R] = {}

    def report(count: int) -> None:
        if stop.is_set():
            raise _Stopped
        if progress is not None:
            with lock:
                progress(count)

    def drain() -> None:
        buffer = new_buffer()
        while not stop.is_set():
            try:
                index = waiting.get_nowait()
            except Empty:
                return
            done[index] = work(items[index], buffer, report)

    with ThreadPoolExecutor(max_workers=max(1, min(cores(), len(items)))) as pool:
        threads = [pool.submit(drain) for _ in range(min(cores(), len(items)))]
        try:
            wait(threads, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()  # after a failure, or an interrupt of this thread
    failures = [error for thread in threads if (error := thread.exception()) and not isinstance(error, _Stopped)]
    if failures:
        raise failures[0]
    return tuple(done[index] for index in range(len(items)))


class _Stopped(Exception):  # noqa: N818 - a signal between threads, never seen outside
    """Another thread failed; this one has nothing left to do."""
