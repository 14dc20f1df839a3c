"""Pickles whose opcodes reach over the end of a frame: what any of CPython's unpicklers would run is seen."""

from __future__ import annotations

import io
import pickle
import struct

import pytest

from assay.formats.pickle.values import Global

CALL = b"calpha\nmake\n(S'id'\ntR."


def frame(content: bytes, rest: bytes) -> bytes:
    """A pickle with a frame around ``content``."""
    return b"\x80\x04\x95" + struct.pack("<Q", len(content)) + content + rest


class NoPeek(io.RawIOBase):
    """A file as many libraries hand over: it can read and nothing else."""

    def __init__(self, data: bytes) -> None:
        self._bytes = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        """Bytes from where it stands."""
        return self._bytes.read(size)

    def readline(self, size: int | None = -1) -> bytes:
        """A line from where it stands."""
        return self._bytes.readline(-1 if size is None else size)


class Fetches(pickle.Unpickler):
    """CPython's unpickler, which fetches nothing but tells what it would."""

    def __init__(self, file: object) -> None:
        super().__init__(file)
        self.fetched: list[str] = []

    def find_class(self, module: str, name: str) -> type:
        """Remember the name."""
        self.fetched.append(f"{module}.{name}")
        return str


def fetched_by(file: object) -> list[str]:
    """What the unpickler fetches from a file."""
    unpickler = Fetches(file)
    try:
        unpickler.load()
    except Exception:
        return unpickler.fetched
    return unpickler.fetched


#: A frame that ends within an argument; from a file, what is left of the frame is forgotten.
CROSSING = {
    "a text": frame(b"X\x40\0\0\0abc", b"\0" * 64 + b"0" + CALL + b"N" * 20),
    "the length of a text": frame(b"X\x30\0", b"\0\0\0\0" + b"0" + CALL + b" " * 40 + b"."),
    "a line": frame(b"S'abc", b"'x'\n0" + CALL),
    "the second line": frame(b"cbeta\nxyz", b"\nkind\n0" + CALL),
    "a name that is no text": frame(b"cbeta\nx\xff", b"os\nalpha\nmake\n0" + CALL),
    "a number": frame(b"J\x01\x02", b"\x03\x04\x05\x060" + CALL),
    "a frame": frame(b"\x95\x20\0\0\0\0\0\0\0NN", CALL + b"N" * 40),
}


@pytest.mark.parametrize("data", CROSSING.values(), ids=CROSSING)
def test_whatever_is_fetched_is_seen(run, data: bytes) -> None:
    """What `loads` fetches and what `load` fetches from a file both stand in the view, which says that they differ."""
    view = run(data)
    assert view.frames_differ
    seen = {found.dotted for found in view.imports}
    assert seen >= set(fetched_by(io.BytesIO(data)))
    assert seen >= set(fetched_by(NoPeek(data)))


def test_a_call_that_only_a_file_makes(run) -> None:
    """A call inside a text as `loads` reads it, which `load` from a file runs."""
    payload = b"0calpha\nmake\n(S'id'\ntR."
    data = frame(b"X" + struct.pack("<I", 4) + b"ab", b"cdef" + payload)
    view = run(data)
    assert "alpha.make" in [call.target.dotted for call in view.calls if isinstance(call.target, Global)]


def test_honest_frames_do_not_differ(run) -> None:
    """What picklers write, in however many frames, never reaches over the end of one."""
    values = [list(range(40_000)), {"text": "x" * 200_000}, b"y" * 300_000, ["word"] * 50_000]
    for pickler in (pickle.Pickler, pickle._Pickler):
        for protocol in (4, 5):
            file = io.BytesIO()
            pickler(file, protocol).dump(values)
            view = run(file.getvalue() + file.getvalue())
            assert not view.frames_differ
            assert not view.problems


@pytest.mark.parametrize("cut", range(12, 260, 31))
def test_a_truncated_pickle_does_not_differ(run, cut: int) -> None:
    """A pickle that was cut off is broken, and no attempt to mislead anybody."""
    data = pickle.dumps(["a text", {"key": 1.5}, b"bytes" * 40, list(range(50))], 4)
    for broken in (data[:cut], data[:cut] + b"\xff" + data[cut + 1 :]):
        assert run(broken).frames_differ is False


def test_stop_within_a_frame(run) -> None:
    """A pickle that ends before its frame does: where the next one starts depends on the file."""
    data = frame(b"N.N", b"") + CALL
    view = run(data)
    assert view.frames_differ
    assert view.calls
