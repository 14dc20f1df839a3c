"""Do something in another thread meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final, Generic, TypeVar

T = TypeVar("T")

#: Seconds after which the interpreter's lock is handed over to whoever waits for it. The usual 5 ms would let a pass
#: that hashes 2 MiB in 2 ms stand still for most of its time whenever the other one imports a module.
_TURN: Final = 0.0001


class _Work(Thread, Generic[T]):
    """Calls a function and keeps what it returns or raises."""

    def __init__(self, function: Callable[[], T]) -> None:
        super().__init__(daemon=True)
        self._function = function
        self._error: BaseException | None = None

    def run(self) -> None:
        """Call it."""
        try:
            self._made = self._function()
        except BaseException as error:  # it is raised where the result is asked for
            self._error = error

    def result(self) -> T:
        """Wait for it."""
        self.join()
        if self._error is not None:
            raise self._error
        return self._made


@contextmanager
def beside(function: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """Call ``function`` in another thread while the block runs, which ends when both have.

    :returns: what gives its result, or raises what it raised
    """
    work = _Work(function)
    turn = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        work.start()
        try:
            yield work.result
        finally:
            work.join()
    finally:
        sys.setswitchinterval(turn)
