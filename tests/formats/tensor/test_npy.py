"""NumPy's arrays: the header is read as the literal it is, and what follows it is accounted for."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Memory
from assay.formats.tensor import npy, npz
from assay.formats.tensor.literal import parse
from assay.formats.tensor.npy import Npy
from assay.formats.view import NotThisFormat


def saved(array: np.ndarray, *, pickled: bool = True) -> bytes:
    """As NumPy writes it."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=pickled)
    return stream.getvalue()


def made(header: str, data: bytes = b"", version: int = 1) -> bytes:
    """A file with this header."""
    text = header.encode("latin-1")
    return b"\x93NUMPY" + bytes((version, 0)) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + data


def read(data: bytes, name: str = "x.npy") -> Npy:
    """Read it."""
    return npy.read(Memory(data), Budget(), name)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="<f4").reshape(2, 3), np.zeros((0, 3)), np.array(5.0), np.arange(3, dtype=">i8"),
        np.asfortranarray(np.ones((2, 3))), np.array(["ab", "cde"]), np.array([b"x"]), np.array([True]),
        np.array(["2020-01-01"], dtype="M8[D]"), np.zeros(2, dtype=[("a", "<i4"), ("b", "<f8", (2, 2))]),
        np.zeros(1, dtype=[("n", [("x", "u1"), ("y", "c16")])]),
    ],
    ids=lambda array: str(array.dtype),
)  # fmt: skip
def test_its_bytes_are_measured_as_numpy_does(array: np.ndarray) -> None:
    """Type and shape give exactly the bytes that NumPy wrote."""
    view = read(saved(array))
    (tensor,) = view.tensors()
    assert tensor.source.read(0, 1 << 20) == array.tobytes("F" if array.flags.fnc else "C")
    assert (tensor.shape, view.missing, view.trailing.size, view.problems) == (array.shape, 0, 0, [])
    assert tensor.big_endian == (array.dtype.byteorder == ">")
    assert not list(view.members())


@pytest.mark.parametrize("dtype", ["O", [("a", "i4"), ("b", "O")], [("n", [("x", "O")])]])
def test_objects_are_a_pickle(dtype: object) -> None:
    """In a field of a record just as in a plain array (CVE-2019-6446)."""
    view = read(saved(np.zeros(1, dtype=dtype)))
    (member,) = view.members()
    assert member.expected == ("pickle",)
    assert member.source.read(0, 1) == b"\x80"
    assert not list(view.tensors())


@pytest.mark.parametrize(
    "descr",
    ["'f4,O'", "'object'", "('O', (2,))", "'<f4'.replace('f', 'O')", "[('a', 'f4,O')]", "{'names': ['a']}", "1"],
)
def test_a_type_that_numpys_writer_never_writes_cannot_be_told(descr: str) -> None:
    """``numpy.dtype`` knows many more words for objects; what is not understood is inspected and is a problem."""
    pickled = b"\x80\x04N."
    view = read(made(f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}", pickled))
    assert [member.source.read(0, 9) for member in view.members()] == [pickled]
    assert view.problems or next(view.members()).expected == ("pickle",)


def test_claimed_sizes_allocate_nothing() -> None:
    """A shape of 2**60 is told as missing bytes, a header of 4 GiB as a problem."""
    view = read(made("{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846976,), }", bytes(8)))
    assert view.missing == 8 * (1 << 60) - 8
    assert read(b"\x93NUMPY\x02\x00" + struct.pack("<I", 0xFFFFFFFF)).problems


def test_what_follows_an_array_is_a_member() -> None:
    """A second array, or anything else."""
    first = saved(np.arange(3))
    (member,) = read(first + b"#!/bin/sh\n").members()
    assert (member.offset, member.source.read(0, 20)) == (len(first), b"#!/bin/sh\n")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': (1, 2L), \"b\": [True, None]}", {"a": (1, 2), "b": [True, None]}),
        ("((1,), (2), ())", ((1,), 2, ())),
        ("'it\\'s'", "it's"),
    ],
)
def test_literals(text: str, value: object) -> None:
    """What NumPy writes, Python 2's long numbers with it."""
    assert parse(text) == value


@pytest.mark.parametrize(
    "text", ["", "1 + 1", "f()", "[" * 500 + "]" * 500, "{1: 2}", "'a' 'b'", "{'a': 1", "__import__"]
)
def test_no_literal_runs_or_recurses(text: str) -> None:
    """Calls, sums and towers of brackets are refused."""
    with pytest.raises(FormatError):
        parse(text)


def test_an_archive_of_arrays_knows_them_by_name() -> None:
    """For comparing; as members they are the zip's."""
    stream = io.BytesIO()
    np.savez(stream, first=np.arange(3), second=np.ones((2, 2)))
    view = npz.read(Memory(stream.getvalue()), Budget(), "x.npz")
    assert [(tensor.name, tensor.shape) for tensor in view.named_tensors()] == [("first", (3,)), ("second", (2, 2))]
    assert not list(view.tensors())
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("x.txt", "x")
    with pytest.raises(NotThisFormat):
        npz.read(Memory(other.getvalue()), Budget(), "x.zip")


@given(st.binary(max_size=120), st.data())
def test_it_ends_on_any_bytes(noise: bytes, data: st.DataObject) -> None:
    """On noise behind the magic number and on a good file with some bytes changed."""
    good = bytearray(saved(np.zeros(2, dtype=[("a", "<i4"), ("b", "O", (2,))])))
    for _ in range(3):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    for candidate in (b"\x93NUMPY" + noise, bytes(good)):
        try:
            view = read(candidate)
        except FormatError:
            continue
        assert all(part.source.size <= len(candidate) for part in (*view.tensors(), *view.members()))
