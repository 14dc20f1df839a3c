"""MessagePack: arrays are found wherever they are nested, and what hooks would unpickle is a pickle."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, Limits
from assay.formats.signature import Head
from assay.formats.source import Memory
from assay.formats.tensor import msgpack
from assay.formats.tensor.msgpack import Msgpack
from assay.formats.tensor.signatures import SIGNATURES
from assay.formats.view import NotThisFormat

Value = None | bool | int | str | bytes | list["Value"] | dict["str | bytes", "Value"] | tuple[int, bytes]


def packed(value: Value) -> bytes:
    """As MessagePack writes it, always in the longest form; a pair is an extension type and its bytes."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return struct.pack(">Bq", 0xD3, value)
        case str():
            return struct.pack(">BI", 0xDB, len(value.encode())) + value.encode()
        case bytes():
            return struct.pack(">BI", 0xC6, len(value)) + value
        case (kind, data):
            return struct.pack(">BIb", 0xC9, len(data), kind) + data
        case list():
            return struct.pack(">BI", 0xDD, len(value)) + b"".join(map(packed, value))
        case dict():
            return struct.pack(">BI", 0xDF, len(value)) + b"".join(packed(key) + packed(value[key]) for key in value)
    raise AssertionError


def array(shape: list[int], dtype: str, data: bytes) -> tuple[int, bytes]:
    """An array as Flax packs it: sizes in one byte, the rest in short forms."""
    sizes = bytes((0x90 | len(shape), *shape))
    return 1, b"\x93" + sizes + bytes((0xA0 | len(dtype),)) + dtype.encode() + struct.pack(
        ">BI", 0xC6, len(data)
    ) + data


def read(data: bytes, name: str = "x.bin", limits: Limits | None = None) -> Msgpack:
    """Read it."""
    return msgpack.read(Memory(data), Budget(limits), name)


def test_flax_arrays_are_found_by_path() -> None:
    """Names are the keys on the way, joined."""
    tree: Value = {"params": {"dense": {"kernel": array([2], "float32", bytes(8))}, "steps": [1, None, True]}}
    view = read(packed(tree))
    (tensor,) = view.tensors()
    assert (tensor.name, tensor.dtype, tensor.shape) == ("params/dense/kernel", "float32", (2,))
    assert tensor.source.read(0, 99) == bytes(8)
    assert not view.problems


def test_short_forms() -> None:
    """What fits in few bytes is written in few."""
    view = read(b"\x82\xa1a\x93\x01\xff\xcc\x05\xa1b\xcb" + bytes(8))
    assert (view.texts, view.problems) == (2, [])


def test_an_array_that_is_a_pickle_is_one() -> None:
    """MessagePack-NumPy unpickles arrays of kind O without being asked."""
    view = read(packed({"w": {b"nd": True, b"kind": b"O", b"data": b"cposix\nsystem\n."}}))
    (member,) = view.members()
    assert (member.expected, member.source.read(0, 5)) == (("pickle",), b"cposi")
    assert not list(read(packed({"w": {b"nd": True, b"kind": b"", b"data": bytes(8)}})).members())


def test_bytes_that_begin_as_something_else_are_members() -> None:
    """In a binary value, and in an extension that nobody knows, which is counted."""
    view = read(packed({"a": b"\x80\x04N.", "b": (42, b"PK\x03\x04"), "c": b"plain"}))
    assert [member.source.read(0, 9) for member in view.members()] == [b"\x80\x04N.", b"PK\x03\x04"]
    assert view.extensions == {42: 1}


@pytest.mark.parametrize(
    "data",
    [
        b"\x81\xa1a",
        b"\x81\xa1a\x01\x01",
        b"\x81\xa1a\xc1",
        b"\x81\x81\x01\x01\x01",
        b"\xdf\xff\xff\xff\xff\xa1a\x01",
        b"\x01",
    ],
)
def test_what_is_not_one_whole_value_is_another_format(data: bytes) -> None:
    """It ends early, goes on, or claims more items than there are bytes."""
    with pytest.raises(NotThisFormat):
        read(data)


def test_under_its_own_name_a_break_is_told() -> None:
    """The same bytes named ``.msgpack`` cannot be told."""
    assert read(b"\x81\xa1a", name="x.msgpack").problems


def test_depth_and_number_are_bounded() -> None:
    """A tower of lists, and a list of many."""
    tower = read(b"\x81\xa1a" + b"\x91" * 1000 + b"\x01", name="x.msgpack").problems[0]
    assert "nested deeper" in tower.what
    assert tower.contrived
    many = read(packed({"a": [None] * 5000}), name="x.msgpack", limits=Limits(members=10))
    assert "LIMIT members" in many.problems[0].what


def test_a_count_that_no_model_has_is_contrived_and_one_of_a_cut_file_is_not() -> None:
    """What was cut off leaves honest counts behind."""
    assert read(b"\x81\xa1a\xdd\xff\xff\xff\xff", name="x.msgpack").problems[0].contrived
    assert not read(b"\x81\xa1a\xdc\x10\x00", name="x.msgpack").problems[0].contrived


@given(st.binary(max_size=100), st.data())
def test_it_ends_on_any_bytes(noise: bytes, data: st.DataObject) -> None:
    """On noise and on a good file with some bytes changed."""
    good = bytearray(packed({"params": {"w": array([2], "float32", bytes(8)), "o": b"\x80\x04N."}}))
    for _ in range(3):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    for candidate in (b"\x81\xa1a" + noise, bytes(good)):
        try:
            view = read(candidate, "x.msgpack", Limits(members=100))
        except FormatError:
            continue
        assert all(part.source.size <= len(candidate) for part in (*view.tensors(), *view.members()))


def test_keys_that_are_numbers() -> None:
    """A table by numbers is read where the name says what it is."""
    table = b"\x82" + struct.pack(">Bd", 0xCB, 1.5) + b"\x93\x01\x02\x03" + struct.pack(">Bd", 0xCB, 2.5) + b"\xc0"
    assert TENSORS["msgpack"].claims(Head(Memory(table), "intervals.msgpack"))
    assert not msgpack.read(Memory(table), Budget(), "intervals.msgpack").problems
    assert not TENSORS["msgpack"].claims(Head(Memory(table), "intervals.bin"))


TENSORS = {signature.name: signature for signature in SIGNATURES}
