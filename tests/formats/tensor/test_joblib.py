"""joblib: its pickles go on behind raw arrays, and so does the reading."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, Limits
from assay.formats.pickle import pickle
from assay.formats.pickle.view import Pickle
from assay.formats.source import Memory
from assay.formats.tensor import joblib
from assay.formats.tensor.joblib import Joblib
from assay.formats.view import NotThisFormat

PAYLOAD = b"cposix\nsystem\n(X\x02\x00\x00\x00idtR0"


def text(value: str) -> bytes:
    """A string constant."""
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def dtype(code: str, order: str = "<", flags: int = 0) -> bytes:
    """A pickled ``numpy.dtype`` with its state."""
    state = b"(K\x03" + text(order) + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK" + bytes((flags,)) + b"t"
    return b"cnumpy\ndtype\n(" + text(code) + b"\x89\x88tR" + state + b"b"


def wrapper(described: bytes, shape: list[int], *, aligned: bool = False) -> bytes:
    """The opcodes that an array follows."""
    sizes = b"(" + b"".join(b"J" + struct.pack("<i", size) for size in shape) + b"t"
    state = text("shape") + sizes + text("dtype") + described
    if aligned:
        state += text("numpy_array_alignment_bytes") + b"K\x10"
    return b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(" + state + b"ub"


def read(data: bytes, limits: Limits | None = None) -> Pickle:
    """As the pickle reader reads it, which every such file goes to."""
    return pickle.read(Memory(data), Budget(limits), "m.joblib")


def called(view: Pickle) -> list[str]:
    """What is called by name."""
    return [getattr(call.target, "dotted", "") for call in view.calls]


@pytest.mark.parametrize("aligned", [False, True])
def test_a_payload_behind_an_array_is_reached(aligned: bool) -> None:
    """Behind 2 MB of numbers, with joblib's padding and without (joblib pull request 356, corpus c40 to c42)."""
    numbers = bytes(range(256)) * 8192
    padding = b"\x05" + b"\xff" * 5 if aligned else b""
    data = b"\x80\x02" + wrapper(dtype("f8"), [len(numbers) // 8], aligned=aligned) + padding + numbers + PAYLOAD + b"."
    view = read(data)
    assert "posix.system" in called(view)
    (array,) = view.tensors()
    assert (array.dtype, array.source.read(0, 1 << 30) == numbers) == ("float64", True)
    assert not view.problems


def test_objects_are_a_pickle_of_their_own() -> None:
    """It is a member, and the outer pickle goes on behind it."""
    inner = b"\x80\x02" + PAYLOAD + b"N."
    view = read(b"\x80\x02" + wrapper(dtype("O8"), [1]) + inner + PAYLOAD + b".")
    assert [(member.source.read(0, 99), member.expected) for member in view.members()] == [(inner, ("pickle",))]
    assert "posix.system" in called(view)
    assert not view.problems


def test_a_region_read_to_its_end_is_told() -> None:
    """Rules must know where a plain unpickler meets its own memo in what is a pickle of its own."""
    inner = b"\x80\x05cnumpy\ndtype\n."
    outer = b"\x80\x02" + wrapper(dtype("O8"), [1])
    (overlaid,) = read(outer + inner + b".").overlaid
    assert (overlaid.start, overlaid.stop, overlaid.names) == (len(outer), len(outer + inner), {"dtype"})
    assert not read(outer + b"\x80\x05cnumpy\ndtype\n").overlaid


def test_records_with_objects_are_pickles_too() -> None:
    """What a structured type holds stands in its state, not in its code."""
    inner = b"\x80\x02]."
    view = read(b"\x80\x02" + wrapper(dtype("V12", "|", flags=27), [1]) + inner + b".")
    assert [member.source.read(0, 99) for member in view.members()] == [inner]


def test_big_endian_numbers_are_told_so() -> None:
    """The byte order stands in the type's state."""
    (array,) = read(b"\x80\x02" + wrapper(dtype("f4", ">"), [2]) + bytes(8) + b".").tensors()
    assert array.big_endian


def test_what_only_a_plain_unpickler_would_run_counts_as_well() -> None:
    """The raw bytes of an array that are opcodes: joblib passes over them, ``pickle.load`` does not."""
    numbers = PAYLOAD + b"."
    view = read(b"\x80\x02" + wrapper(dtype("u1"), [len(numbers)]) + numbers + b".")
    assert "posix.system" in called(view)


@pytest.mark.parametrize("shape", [[1 << 30], [-1]])
def test_an_array_longer_than_the_file_cannot_be_told(shape: list[int]) -> None:
    """What was found before stands."""
    view = read(b"\x80\x02" + PAYLOAD + wrapper(dtype("f8"), shape) + bytes(8) + b".")
    assert "posix.system" in called(view)
    assert view.problems


def test_an_array_of_unknown_type_cannot_be_told() -> None:
    """Its length is not known, so nobody knows where the pickle goes on."""
    assert read(b"\x80\x02" + wrapper(b"N", [1]) + b"\xff" * 8 + b".").problems


def test_arrays_in_other_files_are_facts() -> None:
    """joblib before 0.10 opens them by name."""
    state = b"}(" + text("filename") + text("../x.npy") + text("allow_mmap") + b"\x88ub."
    view = read(b"\x80\x02cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81" + state)
    assert isinstance(view, Joblib)
    assert [fact.value for fact in view.facts() if fact.kind == "file"] == ["../x.npy"]


def test_the_compressed_files_before_0_10() -> None:
    """``ZF``, a length, and zlib: what comes out is a member."""
    content = b"\x80\x02" + PAYLOAD + b"."
    for width in (19, 20):  # Python 2 wrote one blank more
        data = b"ZF" + hex(len(content)).encode().ljust(width) + zlib.compress(content)
        view = joblib.read(Memory(data), Budget(), "m.z")
        assert [member.source.read(0, 99) for member in view.members()] == [content]
    with pytest.raises(NotThisFormat):
        joblib.read(Memory(b"ZF of a text that is none"), Budget(), "m.z")


@given(st.data())
def test_it_ends_on_changed_files(data: st.DataObject) -> None:
    """Some bytes of a good file changed: a view, or an error of the format's own."""
    good = bytearray(b"\x80\x02" + wrapper(dtype("f4"), [2], aligned=True) + b"\x00" + bytes(8) + PAYLOAD + b".")
    for _ in range(3):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        view = read(bytes(good), Limits(members=100, opcodes=10_000))
    except FormatError:
        return
    assert all(part.source.size <= len(good) for part in (*view.tensors(), *view.members()))
