"""Hash large files without copying them: worker processes map them into their memory.

Reading copies every byte once, which costs some 15 % on top of SHA-256; a mapped page is hashed where it lies. But who
reads a mapped page of a file that was cut short meanwhile is killed (SIGBUS), so it is a worker that maps, not we.
"""

from __future__ import annotations

import signal
import socket
import struct
import subprocess
import sys
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, Self

from assay.core.digest import SHA256, Digest
from assay.hashing import mapped_worker
from assay.hashing.opening import changed
from assay.hashing.reading import Progress

#: Bytes in all from which workers pay: below, starting them costs more than they save.
WORTHWHILE: Final = 768 * 1024 * 1024
_LONGEST_ANSWER: Final = 1024


class Mappers:
    """Workers for the threads of one schedule, each started when a thread first needs it. Use it as a context manager.

    :param total: bytes that are to be hashed in all; no worker is started unless that is :data:`WORTHWHILE`
    """

    def __init__(self, total: int) -> None:
        self._enabled = total >= WORTHWHILE
        self._idle: SimpleQueue[_Mapper] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while True:
            try:
                self._idle.get_nowait().end()
            except Empty:
                return

    def digest(self, descriptor: int, start: int, end: int, where: str, progress: Progress) -> Digest | None:
        """The SHA-256 of the bytes from ``start`` to before ``end``; ``None`` when they have to be read instead.

        Whoever calls has to see for themselves that the file's size and times did not move.

        :raises HashingError: the file was cut short meanwhile
        """
        if not self._enabled:
            return None
        try:
            mapper = self._idle.get_nowait()
        except Empty:
            try:
                mapper = _Mapper()
            except OSError:  # no processes, no sockets, no interpreter to start
                self._enabled = False
                return None
        try:
            found = mapper.digest(descriptor, start, end, progress)
        except BaseException:
            mapper.end()
            raise
        if found is None and mapper.end() == -signal.SIGBUS:
            raise changed(where, "it was cut short")
        if found is None:
            self._enabled = False
        else:
            self._idle.put(mapper)
        return found


class _Mapper:
    """One worker process and the channel to it."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", mapped_worker.__file__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            self._channel.close()
            raise
        finally:
            theirs.close()

    def digest(self, descriptor: int, start: int, end: int, progress: Progress) -> Digest | None:
        try:
            socket.send_fds(self._channel, [struct.pack("!QQ", start, end)], [descriptor])
            while answer := self._channel.recv(_LONGEST_ANSWER):
                match answer[:1]:
                    case b"p":
                        progress(struct.unpack("!Q", answer[1:])[0])
                    case b"d":
                        return Digest(SHA256, answer[1:].hex())
                    case _:
                        return None
        except ConnectionError:
            return None
        return None

    def end(self) -> int:
        """End the worker at once; its exit status, negative for a signal that ended it before."""
        self._channel.close()
        if self._process.poll() is None:
            try:
                return self._process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._process.wait()
