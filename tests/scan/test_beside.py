"""A text that is worked out meanwhile."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from pathlib import Path

import pytest

from assay.scan.beside import in_process, in_thread, may_fork
from assay.scan.file import APART, inspect_file
from assay.scan.settings import Settings


@pytest.mark.parametrize("way", [in_process, in_thread])
def test_the_text_is_there_behind_the_block(way: type) -> None:
    """Whichever way it is worked out."""
    with way(lambda: "a text") as text:
        pass
    assert text() == "a text"


def test_it_is_another_process() -> None:
    """Which shares no lock with this one."""
    with in_process(lambda: str(os.getpid())) as number:
        pass
    assert number() != str(os.getpid())


def test_a_thread_runs_while_the_block_does() -> None:
    """The block can wait for it, and it for the block."""
    first, second = threading.Event(), threading.Event()

    def work() -> str:
        first.set()
        return "both" if second.wait(10) else "one after the other"

    with in_thread(work) as text:
        assert first.wait(10)
        second.set()
    assert text() == "both"


@pytest.mark.parametrize("way", [in_process, in_thread])
def test_what_it_raises_comes_when_the_text_is_asked_for(way: type) -> None:
    """Not before: the block goes on to its end."""

    def work() -> str:
        raise ValueError("broken")

    with way(work) as text:
        pass
    with pytest.raises(ValueError, match="broken"):
        text()


def test_a_process_that_ends_abruptly_is_made_good() -> None:
    """What it did not say is worked out here; half of a text is none."""
    here = os.getpid()

    def work() -> str:
        if os.getpid() != here:
            os._exit(3)
        return "after all"

    with in_process(work) as text:
        pass
    assert text() == "after all"


def test_a_block_that_raises_does_not_wait_for_the_process(tmp_path: Path) -> None:
    """It is ended; nothing goes on reading behind a caller who has closed the file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def block() -> None:
        with in_process(lambda: pipe.read_text("utf-8")):  # nobody ever writes
            raise KeyError

    with pytest.raises(KeyError):
        block()


def test_the_interpreter_takes_turns_as_before_afterwards() -> None:
    """Only while a thread is at work they are short."""
    before = sys.getswitchinterval()
    with in_thread(lambda: ""):
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before


def test_no_copy_is_made_beside_other_threads() -> None:
    """One of them could hold a lock that nobody would open in the copy."""
    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        assert not may_fork()
    finally:
        end.set()
        other.join()


def test_a_large_file_has_the_digest_of_its_bytes(tmp_path: Path) -> None:
    """Whether it was hashed in a process or, with somebody who waits for its progress, in a thread."""
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(APART + 1)
    expected = hashlib.sha256(bytes(APART + 1)).hexdigest()
    told: list[int] = []
    for progress in (None, told.append):
        found = inspect_file(str(large), "large.bin", Settings(), progress=progress)
        assert found.file.digest is not None
        assert found.file.digest.value == expected
    assert sum(told) == APART + 1
