"""Marshalled code is read as data, of every layout, and never loaded."""

from __future__ import annotations

import marshal
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.program.marshal import Code, Collection, Number, read_code, read_value, walk
from assay.formats.source import Memory

SOURCE = "import os\ndef outer(x):\n    def inner():\n        return os.system(x)\n    return inner\n"


def read(data: bytes) -> object:
    return read_value(Memory(data))[0]


@pytest.mark.parametrize("version", range(5))
def test_code_of_this_python_is_read_as_it_is(version: int) -> None:
    """Names, constants and nested functions, in every version of marshal."""
    real = compile(SOURCE, "m.py", "exec")
    code = read_code(Memory(b"junk" + marshal.dumps(real, version)), 4)
    assert (code.name, code.filename, code.names) == (real.co_name, "m.py", real.co_names)
    assert [item.name for item in walk(code)] == ["<module>", "outer", "inner"]
    assert "system" in list(walk(code))[2].names


def text(value: bytes) -> bytes:
    return b"z" + bytes([len(value)]) + value


def layout(numbers: int, merged: bool) -> bytes:
    """A code object as CPython 2.7, 3.3 to 3.7, 3.8 to 3.10 or 3.11 and later writes it."""
    empty, blob = b")\0", b"s" + struct.pack("<i", 2) + b"d\0"
    head = b"c" + struct.pack("<i", 1) * numbers + blob + b")\1" + text(b"id") + b")\2" + text(b"os") + text(b"system")
    variables = b")\1" + text(b"x") + (b"s" + struct.pack("<i", 1) + b" " if merged else empty + empty)
    names = text(b"f.py") + text(b"f") + (text(b"f") if merged else b"")
    return head + variables + names + struct.pack("<i", 7) + blob + (blob if merged else b"")


@pytest.mark.parametrize(("numbers", "merged"), [(5, True), (6, False), (5, False), (4, False)])
def test_layouts_are_told_apart_by_what_fits(numbers: int, merged: bool) -> None:
    """No version has to be believed."""
    code = read_code(Memory(layout(numbers, merged)))
    assert (code.name, code.filename, code.names, code.constants) == ("f", "f.py", ("os", "system"), ("id",))
    assert (code.variables, code.first_line) == (("x",), 7)


VALUES = [None, True, 1, -5, 2**200, 1.5, 2j, "é", "a" * 300, b"bytes"]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("version", [1, 2, 4])
def test_simple_values_are_read_as_they_are(value: object, version: int) -> None:
    """Constants of code are such."""
    assert read(marshal.dumps(value, version)) == value


def test_containers_and_long_integers_are_kept_in_outline() -> None:
    """A set is no Python set here, so that nothing needs to be hashable."""
    assert read(marshal.dumps((1, [2], {3}, {4: 5}))) == Collection(
        "tuple", (1, Collection("list", (2,)), Collection("set", (3,)), Collection("dict", (4, 5)))
    )
    assert isinstance(read(marshal.dumps(2**2000)), Number)


@pytest.mark.parametrize(
    "data",
    [b"", b"c", b"(\xff\xff\xff\x7f", b"s\xff\xff\xff\xff", b"r\0\0\0\0", b"(" * 300, b")\xff" * 999, b"?", b"{0"],
)
def test_broken_data_are_refused_before_anything_is_allocated(data: bytes) -> None:
    """Counts beyond the data, references to nothing, nesting without end."""
    if data == b"{0":
        assert read(data) == Collection("dict", ())
        return
    with pytest.raises(FormatError):
        read(data)


def test_shared_values_are_walked_once() -> None:
    """Sixty levels of a tuple that holds the one below twice would be met 2**60 times."""
    data = b"\xa9\x00"
    for level in range(60):
        data = b"\xa9\x02" + data + b"r" + struct.pack("<i", 60 - level)
    value = read(data)
    assert isinstance(value, Collection)
    assert list(walk(value)) == []


@given(st.binary(max_size=300))
def test_reading_ends_on_any_bytes(data: bytes) -> None:
    """With a value or a FormatError."""
    for start in (b"", b"\xe3" + bytes(20), marshal.dumps(compile("x", "f", "eval"))[:60]):
        with suppress(FormatError):
            read_value(Memory(start + data), budget=Budget())


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_reading_ends_on_broken_code(offset: int, change: bytes) -> None:
    """Whatever bytes were changed."""
    data = bytearray(marshal.dumps(compile(SOURCE, "m.py", "exec")))
    data[offset : offset + len(change)] = change
    with suppress(FormatError):
        value, _ = read_value(Memory(bytes(data)))
        assert all(isinstance(code, Code) for code in walk(value))
