"""Tables and pictures of numbers are recognised by their structure, and what is appended to them is seen."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.formats.budget import Budget
from assay.formats.plain import numbers, picture
from assay.formats.plain.signatures import SIGNATURES
from assay.formats.signature import Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."


def matrix(order: str, name: bytes = b"x\0") -> bytes:
    """A matrix of MATLAB 4: two by three doubles."""
    return struct.pack(order + "5I", 1000 * (order == ">"), 2, 3, 0, len(name)) + name + bytes(48)


def vectors(kind: str) -> bytes:
    """Three words with two numbers each."""
    rows = (word + b" " + struct.pack("<2" + kind, 0.5, -0.25) + b"\n" for word in (b"a", "é".encode(), b"</s>"))
    return b"3 2\n" + b"".join(rows)


STATA = b"\x72\2\1\0\1\0\5\0\0\0" + bytes(81) + b" 1 Jan 2020 10:00\0" + bytes(40)
STRUCTURED = {
    "matlab-little": ("matlab", matrix("<") + matrix("<", b"longer_name\0")),
    "matlab-big": ("matlab", matrix(">")),
    "word2vec-float": ("word2vec", vectors("f")),
    "word2vec-double": ("word2vec", vectors("d")),
    "fortran": ("fortran", b"".join(struct.pack("<I8sI", 8, bytes(range(8)), 8) for _ in range(3))),
}
FASTTEXT = struct.pack("<12id", 10, 5, 5, 1, 5, 1, 2, 2, 2000, 3, 6, 100, 1e-4) + bytes(40)
NIFTI = b"\x5c\1\0\0" + bytes(36) + struct.pack("<8h", 3, 4, 4, 4, 1, 1, 1, 1) + bytes(16) + b"\x10\0" + bytes(270)
MARKED = {
    "stata": STATA,
    "nifti": NIFTI + b"n+1\0" + bytes(64),
    "mgh": struct.pack(">6I", 1, 2, 2, 2, 1, 3) + bytes(260) + bytes(32),
    "dlib": b"\1\1\1\x0dloss_metric_2" + bytes(20),
    "old-fasttext": FASTTEXT,
    "embedded-font": struct.pack("<II", 80, 40) + b"\2\0\2\0" + bytes(22) + b"LP" + bytes(44),
    "table": b"SR\0\4" + bytes(20),
    "scan": b"mrtrix tracks\n" + bytes(20),
}


def names(data: bytes, name: str = "m") -> list[str]:
    """The harmless formats that claim some bytes."""
    return [item.name for item in SIGNATURES if item.claims(Head(Memory(data), name))]


@pytest.mark.parametrize(("form", "data"), STRUCTURED.values(), ids=STRUCTURED)
def test_tables_are_walked_to_their_end(form: str, data: bytes) -> None:
    """What follows the last number is a member."""
    assert form in names(data)
    assert list(numbers.read(Memory(data), Budget(), "m").members()) == []
    if form != "fortran":  # its records fill the file, or it is none
        (member,) = numbers.read(Memory(data + PICKLE), Budget(), "m").members()
        assert member.source.read(0, 99) == PICKLE


@pytest.mark.parametrize(("form", "data"), STRUCTURED.values(), ids=STRUCTURED)
def test_tables_cut_off_are_no_tables(form: str, data: bytes) -> None:
    """Nothing is called harmless whose structure does not hold to its end."""
    with pytest.raises(NotThisFormat):
        numbers.read(Memory(data[: len(data) - 9][:60]), Budget(), "m")


@pytest.mark.parametrize("form", MARKED)
def test_headers_of_numbers(form: str) -> None:
    """Each is recognised, and zeros or a pickle in their place are not."""
    assert form in names(MARKED[form])
    assert form not in names(bytes(400))
    assert form not in names(PICKLE + bytes(400))


def test_stata_is_read() -> None:
    """It has no end of its own: it is harmless as it is."""
    assert numbers.read(Memory(STATA), Budget(), "m.dta").end is None


@pytest.mark.parametrize("magic", [b"RIFX", b"RF64", b"BW64"])
def test_large_and_swapped_sound(magic: bytes) -> None:
    """What is appended to a sound of another byte order, or of more than 4 GiB, is seen."""
    if magic == b"RIFX":
        data = magic + struct.pack(">I", 12) + b"WAVE" + bytes(8)
    else:
        data = magic + b"\xff" * 4 + b"WAVEds64" + struct.pack("<IQ", 28, 40) + bytes(20)
    assert list(picture.read(Memory(data), Budget(), "m.wav").members()) == []
    (member,) = picture.read(Memory(data + PICKLE), Budget(), "m.wav").members()
    assert member.source.read(0, 99) == PICKLE


@given(st.sampled_from(sorted(STRUCTURED)), st.binary(max_size=200), st.integers(0, 60))
def test_readers_end_on_any_bytes(form: str, noise: bytes, keep: int) -> None:
    """Any bytes give a view or a clean answer that they are none."""
    source = Memory(STRUCTURED[form][1][:keep] + noise)
    names(source.data)
    with suppress(NotThisFormat):
        numbers.read(source, Budget(), "m")
