"""Hash ranges of files that are mapped into memory; run as a process of its own by :mod:`assay.hashing.mapping`.

    python -I -S mapped_worker.py SOCKET

Each request is a packet with the first byte and the one after the last, and the open file beside it. The answer is a
packet ``p`` with a number of bytes for each window that is done, then ``d`` and the digest, or ``!`` and what failed.
Standard library only, and little of it: starting must cost next to nothing.
"""

import hashlib
import mmap
import os
import socket
import struct
import sys
from contextlib import suppress

WINDOW = 16 * 1024 * 1024
STEP = 1024 * 1024
POPULATE_READ = 22  # MADV_POPULATE_READ, Linux 5.14: all pages of a window in one call, not one fault each


def serve(channel: socket.socket) -> None:
    """Answer requests until the other end is closed."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, 16, 1)
        if not request:
            return
        start, end = struct.unpack("!QQ", request)
        try:
            channel.send(b"d" + digest(channel, descriptors[0], start, end))
        except (OSError, ValueError) as error:  # the file cannot be mapped, or is shorter by now
            channel.send(b"!" + str(error).encode()[:500])
        finally:
            os.close(descriptors[0])


def digest(channel: socket.socket, descriptor: int, start: int, end: int) -> bytes:
    """The SHA-256 of the range, reporting each window that is done."""
    hasher = hashlib.sha256()
    while start < end:
        begin = start - start % mmap.ALLOCATIONGRANULARITY
        stop = min(begin + WINDOW, end)
        with mmap.mmap(descriptor, stop - begin, mmap.MAP_SHARED, mmap.PROT_READ, offset=begin) as mapped:
            with suppress(OSError):  # an older kernel: the pages come one by one
                mapped.madvise(POPULATE_READ)
            with memoryview(mapped) as window:
                for offset in range(start - begin, stop - begin, STEP):
                    hasher.update(window[offset : min(offset + STEP, stop - begin)])
        channel.send(struct.pack("!cQ", b"p", stop - start))
        start = stop
    return hasher.digest()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
