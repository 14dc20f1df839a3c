"""Something that is done in another thread meanwhile."""

from __future__ import annotations

import sys
import threading

import pytest

from assay.scan.beside import beside


def test_it_runs_while_the_block_does() -> None:
    """The block can wait for what the function does, and the function for the block."""
    first, second = threading.Event(), threading.Event()

    def work() -> str:
        first.set()
        return "both" if second.wait(10) else "one after the other"

    with beside(work) as result:
        assert first.wait(10)
        second.set()
    assert result() == "both"


def test_what_it_raises_comes_with_its_result() -> None:
    """Not before: the block goes on to its end."""

    def work() -> None:
        raise ValueError("broken")

    with beside(work) as result:
        pass
    with pytest.raises(ValueError, match="broken"):
        result()


def test_a_block_that_raises_waits_for_it() -> None:
    """Nothing goes on reading behind a caller who has closed the file."""
    ended = threading.Event()
    go_on = threading.Event()

    def work() -> None:
        go_on.wait(10)
        ended.set()

    def block() -> None:
        with beside(work):
            go_on.set()
            raise KeyError

    with pytest.raises(KeyError):
        block()
    assert ended.is_set()


def test_the_interpreter_takes_turns_as_before_afterwards() -> None:
    """Whatever happened in between."""
    before = sys.getswitchinterval()
    with beside(lambda: None):
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before
