"""Work out a text beside what goes on: in another process, or in a thread where a process will not do."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

Work = Callable[[], str]

#: Seconds after which the interpreter's lock is handed over to whoever waits for it. The usual 5 ms would let a pass
#: that hashes 2 MiB in 2 ms stand still for most of its time whenever the other one imports a module.
_TURN: Final = 0.0001


def may_fork() -> bool:
    """Whether this process may be copied: only when no other thread could hold a lock meanwhile."""
    return threading.active_count() == 1


@contextmanager
def in_process(work: Work) -> Iterator[Work]:
    """Do ``work`` in a copy of this process while the block runs, which ends when both have.

    No lock of the interpreter is shared, so neither waits for the other.

    :returns: what gives the text, behind the block. When the copy failed, whatever the reason, it is worked out here,
        and what that raises is raised
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():  # that numerical libraries have threads of their own, which hold none of our locks
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        _answer(work, writing)
    os.close(writing)
    said = ""
    with os.fdopen(reading, encoding="utf-8") as pipe:
        try:
            yield lambda: said[:-1] if said.endswith("\n") else work()
            said = pipe.read()
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            with suppress(ChildProcessError):  # where nobody wants to hear of children that end
                os.waitpid(child, 0)


def _answer(work: Work, writing: int) -> None:
    """Write the text and a line end, and end the process as it is: what its original has open is not ours to close."""
    try:
        os.write(writing, f"{work()}\n".encode())
    finally:
        os._exit(0)


@contextmanager
def in_thread(work: Work) -> Iterator[Work]:
    """As :func:`in_process`, in a thread of this one."""
    thread = _Thread(work)
    turn = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        thread.start()
        try:
            yield thread.result
        finally:
            thread.join()
    finally:
        sys.setswitchinterval(turn)


class _Thread(threading.Thread):
    """Keeps what the work gives or raises."""

    def __init__(self, work: Work) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._text = ""
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do it."""
        try:
            self._text = self._work()
        except BaseException as error:  # it is raised where the text is asked for
            self._error = error

    def result(self) -> str:
        """The text."""
        if self._error is not None:
            raise self._error
        return self._text
