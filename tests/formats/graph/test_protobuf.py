"""The wire format of protocol buffers: lazily, exactly, and with an end on any bytes."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.protobuf import BLOCK, MAX_DEPTH, Message, Wire
from assay.formats.graph.wire import outline
from assay.formats.signature import Head
from assay.formats.source import Memory, Source


def varint(value: int) -> bytes:
    """A number as it stands on the wire."""
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number: int, data: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def message(data: bytes) -> Message:
    """The outermost message."""
    return Message(Memory(data), Budget())


class Counting:
    """A source that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.taken = 0

    def read(self, offset: int, length: int) -> bytes:
        """See :class:`Source`."""
        self.taken += min(length, self.size - offset)
        return self.data[offset : offset + length]


def test_every_wire_type_is_read() -> None:
    """Numbers, fixed numbers, bytes and groups, with places and sizes."""
    group = varint(5 << 3 | 3) + varint(1 << 3) + b"\x07" + field(2, b"in") + varint(5 << 3 | 4)
    data = (
        varint(1 << 3)
        + varint(300)
        + b"\x11"
        + struct.pack("<d", 1.5)
        + b"\x1d"
        + struct.pack("<f", 2)
        + field(4, b"text")
    )
    found = list(message(data + group))
    assert [entry.wire for entry in found] == [Wire.VARINT, Wire.FIXED64, Wire.FIXED32, Wire.BYTES, Wire.GROUP]
    assert [entry.number for entry in found] == [1, 2, 3, 4, 5]
    assert found[0].value == 300
    assert struct.unpack("<d", found[1].bytes()) == (1.5,)
    assert found[3].text() == "text"
    assert found[3].window().read(1, 2) == b"ex"
    assert [inner.number for inner in found[4].message()] == [1, 2]


def test_packed_and_single_integers_are_alike() -> None:
    """A parser takes both forms of a repeated number."""
    data = field(1, varint(3) + varint(1 << 64 - 1)) + varint(1 << 3) + b"\x05"
    assert [value for entry in message(data) for value in entry.integers()] == [3, 1 << 63, 5]
    minus = varint(1 << 3) + varint((1 << 64) - 2)
    assert [entry.signed for entry in message(minus)] == [-2]


def test_large_values_are_never_read() -> None:
    """A tensor of some megabytes between two fields costs a block, not its size."""
    source: Source = Counting(field(1, b"name") + field(2, bytes(20 << 20)) + field(3, b"end"))
    found = list(Message(source, Budget()))
    assert [entry.number for entry in found] == [1, 2, 3]
    assert found[2].text() == "end"
    assert source.taken <= 3 * BLOCK  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01", b"\x0e", b"\x0f", b"\x08" + b"\xff" * 10 + b"\x01", b"\x0a\x05abc", b"\x0c", b"\x0b\x08\x01",
        b"\x0b\x14", b"\x09\x00", b"\x0d\x00", b"\x08",
    ],
)  # fmt: skip
def test_broken_bytes_are_errors(data: bytes) -> None:
    """Field 0, unknown wire types, endless numbers, lengths beyond the end, groups without an end."""
    with pytest.raises(FormatError):
        list(message(data))


def test_what_stands_before_a_break_is_yielded() -> None:
    """Readers keep everything until the break."""
    walk = iter(message(field(1, b"kept") + b"\x0f"))
    assert next(walk).text() == "kept"
    with pytest.raises(FormatError):
        next(walk)


def test_nesting_is_bounded() -> None:
    """Messages and groups in each other end where the common parsers end."""
    data = b""
    for _ in range(MAX_DEPTH + 1):
        data = field(1, data)

    def descend(inner: Message) -> None:
        for entry in inner:
            descend(entry.message())

    with pytest.raises(FormatError, match="nested"):
        descend(message(data))
    with pytest.raises(FormatError, match="nested"):
        list(message(b"\x0b" * 200 + b"\x0c" * 200))


@given(st.lists(st.tuples(st.integers(1, 5000), st.binary(max_size=300)), max_size=20))
def test_fields_come_back_as_written(fields: list[tuple[int, bytes]]) -> None:
    """Whatever is written is read."""
    data = b"".join(field(number, value) for number, value in fields)
    assert [(entry.number, entry.bytes()) for entry in message(data)] == fields


@given(st.binary(max_size=300))
def test_any_bytes_end(data: bytes) -> None:
    """With nothing but our own error."""

    def descend(inner: Message, depth: int) -> None:
        for entry in inner:
            entry.text()
            with contextlib.suppress(FormatError):
                list(entry.signed_integers())
                if depth < 3:
                    descend(entry.message(), depth + 1)

    with contextlib.suppress(FormatError):
        descend(message(data), 0)


def test_a_text_is_not_walked_as_a_graph() -> None:
    """A run of one letter is a run of fields; no graph is without the bytes that number its first ones."""
    text = b"import os\nx = '" + b"a" * 100_000
    assert outline(Head(Memory(text), "x.py")).broken
    assert not outline(Head(Memory(text + b"\x12\x01"), "x.py")).broken
