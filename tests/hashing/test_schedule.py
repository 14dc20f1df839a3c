"""The schedule: every item once, results in order, one failure ends it."""

from __future__ import annotations

import threading
import time

import pytest

from assay.hashing.cores import cores
from assay.hashing.reading import CHUNK, Progress
from assay.hashing.schedule import spread


def test_results_come_in_the_items_order() -> None:
    """Whichever thread finished first."""
    assert spread(lambda item, buffer, report: (item, len(buffer)), range(100)) == tuple((n, CHUNK) for n in range(100))
    assert spread(lambda item, buffer, report: item, []) == ()


def test_progress_calls_never_overlap() -> None:
    """A progress bar need not be safe for threads."""
    inside = threading.Lock()

    def progress(count: int) -> None:
        assert inside.acquire(blocking=False)
        time.sleep(0.0002)  # lets the other threads run, and into each other if nothing keeps them apart
        inside.release()

    def work(item: int, buffer: memoryview, report: Progress) -> None:
        for _ in range(10):
            report(item)

    spread(work, range(10), progress=progress)


def test_the_first_failure_stops_the_others() -> None:
    """It comes out as itself, and the queue is left."""
    started: list[int] = []

    def work(item: int, buffer: memoryview, report: Progress) -> None:
        started.append(item)
        if item == 0:
            raise LookupError("first")
        while True:
            report(0)

    with pytest.raises(LookupError, match="first"):
        spread(work, range(1000))
    assert len(started) <= cores() + 1
