"""Start the launcher, hear what the command says, and see it to its end, whatever ends it."""

from __future__ import annotations

import hashlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Final

from assay.core import jsontext
from assay.core.digest import SHA256, Digest
from assay.core.errors import StageError, StatementError
from assay.stage import launcher

#: Bytes kept of the end of a command's output.
TAIL: Final = 64 * 1024

_CHUNK: Final = 64 * 1024
#: More than the largest pipe holds, in chunks.
_LAST_CHUNKS: Final = 64
_STATUS_LIMIT: Final = 4096
#: The launcher asks the command to stop, waits :data:`launcher.GRACE` seconds and kills; then we kill the launcher.
_PATIENCE: Final = launcher.GRACE + 3.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the launcher is told, field by field as in its own ``Order``."""

    mode: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    directory: str
    mounts: tuple[tuple[str, str, str], ...] = ()

    def render(self) -> bytes:
        """The order as one JSON object, with our process id in it."""
        order = {
            "mode": self.mode,
            "argv": self.argv,
            "environment": dict(self.environment),
            "directory": self.directory,
            "parent": os.getpid(),
            "mounts": self.mounts,
        }
        return json.dumps(order).encode()


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A program that runs the launcher: ``program --args N -- launcher...``, ``arguments`` in descriptor N."""

    program: str
    arguments: bytes
    launcher: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    ``status`` is its exit status, ``signal`` what killed it (then ``status`` is ``128 + signal``). ``failed`` says what
    the launcher was doing when it could not go on, ``errno`` why; empty and 0 when the command was started. ``told`` is
    false when the launcher ended without saying anything.
    """

    status: int
    signal: int | None
    failed: str
    errno: int
    told: bool
    output_tail: bytes
    output_digest: Digest


def carry_out(
    order: Order, *, wrapper: Wrapper | None = None, on_output: Callable[[bytes], None], timeout: float | None = None
) -> Ended:
    """Run the launcher with ``order`` and wait for the end of the command and of all that it started.

    :param on_output: is given standard output and error as they come, interleaved, in pieces of up to 64 KiB
    :param timeout: seconds after which the command is stopped; ``None`` for no limit
    :raises StageError: the time limit was reached, or the launcher could not be started
    :raises KeyboardInterrupt: Ctrl-C, SIGTERM or SIGHUP reached us; the command is gone by then
    """
    status_read, status_write = os.pipe()
    try:
        with (
            _interrupting(),
            _holding(order.render()) as told,
            _holding(wrapper.arguments if wrapper else b"") as extra,
        ):
            start = wrapper.launcher if wrapper else (sys.executable, "-I", "-S", str(Path(launcher.__file__)))
            command = [*start, str(told), str(status_write)]
            if wrapper:
                command = [wrapper.program, "--args", str(extra), "--", *command]
            process = _start(command, (told, status_write, *([extra] if wrapper else [])))
            os.close(status_write)
            status_write = -1
            return _attend(process, status_read, on_output, timeout, gently=order.mode == "open")
    finally:
        os.close(status_read)
        if status_write >= 0:
            os.close(status_write)


def quiet_environment() -> dict[str, str]:
    """The environment of the programs that assay itself starts: only what their loader may need to find them."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def _start(command: list[str], descriptors: tuple[int, ...]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            env=quiet_environment(),
            pass_fds=descriptors,
            cwd="/",
            # A session of its own: no controlling terminal to push keystrokes into (TIOCSTI), no Ctrl-C but ours.
            start_new_session=True,
        )
    except OSError as error:
        raise StageError(f"{command[0]} cannot be started: {error.strerror}") from error


class _Output:
    """What a command says: passed on, hashed whole, its end kept."""

    def __init__(self, descriptor: int, on_output: Callable[[bytes], None]) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.tail = bytearray()
        self._hash = hashlib.sha256()
        self._on_output = on_output

    def take(self) -> bool:
        """Take one piece; false at the end, or when there is nothing for now."""
        try:
            piece = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return False
        if piece:
            self._hash.update(piece)
            self.tail.extend(piece)
            del self.tail[:-TAIL]
            self._on_output(piece)
        return bool(piece)

    @property
    def digest(self) -> Digest:
        """The SHA-256 of everything that was taken."""
        return Digest(SHA256, self._hash.hexdigest())


def _attend(
    process: subprocess.Popen[bytes],
    status: int,
    on_output: Callable[[bytes], None],
    timeout: float | None,
    *,
    gently: bool,
) -> Ended:
    """See the launcher to its end, or end it."""
    assert process.stdout is not None
    output = _Output(process.stdout.fileno(), on_output)
    try:
        said = _listen(output, status, timeout)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
        # What a pipe can still hold, and not what a stray process might go on writing into it.
        for _ in range(_LAST_CHUNKS):
            if not output.take():
                break
    finally:
        _stop(process, gently=gently)
    return _ended(said, bytes(output.tail), output.digest)


def _listen(output: _Output, status: int, timeout: float | None) -> bytes:
    """Read both pipes until the status pipe closes: that one is the launcher's alone, the output anyone may hold."""
    deadline = None if timeout is None else monotonic() + timeout
    said = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(output.descriptor, selectors.EVENT_READ)
        selector.register(status, selectors.EVENT_READ)
        while True:
            left = None if deadline is None else deadline - monotonic()
            if left is not None and left <= 0:
                raise StageError(f"the command ran longer than its limit of {timeout:g} seconds and was stopped")
            ready = {key.fd for key, _ in selector.select(left)}
            if output.descriptor in ready and not output.take():
                selector.unregister(output.descriptor)
            if status in ready:
                piece = os.read(status, _STATUS_LIMIT)
                said.extend(piece[: _STATUS_LIMIT - len(said)])
                if not piece:
                    return bytes(said)


def _stop(process: subprocess.Popen[bytes], *, gently: bool) -> None:
    """Make sure that the launcher is gone; nothing to do when it has ended."""
    if process.poll() is None:
        if gently:
            process.terminate()
        elif not _kill_children(process.pid):
            process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
    if process.poll() is None:
        process.kill()
        process.wait()
    assert process.stdout is not None
    process.stdout.close()


def _kill_children(parent: int) -> bool:
    """Kill process 1 of an isolation from outside: its parent's end then says that everything in it is gone.

    :returns: whether there was one
    """
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
    except OSError:
        return False
    return bool(children)


def _ended(said: bytes, tail: bytes, digest: Digest) -> Ended:
    lost = Ended(1, None, "", 0, False, tail, digest)
    try:
        told = jsontext.loads(said.split(b"\n", 1)[0], what="the launcher's report")
    except StatementError:
        return lost
    match told:
        case {"exit": int(code)}:
            return Ended(code, None, "", 0, True, tail, digest)
        case {"signal": int(number)}:
            return Ended(128 + number, number, "", 0, True, tail, digest)
        case {"failed": str(doing), "errno": int(code)}:
            return Ended(127, None, doing, code, True, tail, digest)
        case _:
            return lost


@contextmanager
def _holding(data: bytes) -> Iterator[int]:
    """A descriptor to read ``data`` from, in memory where the system has that: it may hold secrets."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("assay")
    else:
        descriptor, name = tempfile.mkstemp()
        Path(name).unlink()
    try:
        with open(descriptor, "wb", closefd=False) as stream:
            stream.write(data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _interrupting() -> Iterator[None]:
    """Within it, a request to end raises KeyboardInterrupt, so that no command outlives us unseen.

    Signals can be had in the main thread only; in another one they go where they went before.
    """

    def interrupt(number: int, _: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        for number, handler in before.items():
            if handler is signal.SIG_DFL:
                signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
