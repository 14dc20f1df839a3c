"""Unix archives, and archives that are only recognised."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.archive import ar, opaque
from assay.formats.archive.signatures import SIGNATURES
from assay.formats.budget import Budget
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory


def member(name: bytes, data: bytes, size: int | None = None) -> bytes:
    length = str(len(data) if size is None else size).encode()
    head = name.ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"644".ljust(8) + length.ljust(10) + b"`\n"
    return head + data + b"\n" * (len(data) % 2)


def read(data: bytes) -> ar.Ar:
    return ar.read(Memory(b"!<arch>\n" + data), Budget(), "m.a")


def contents(view: ar.Ar) -> list[tuple[str, bytes]]:
    return [(item.name, item.source.read(0, 999)) for item in view.members()]


def test_short_and_long_names_of_both_kinds_are_read() -> None:
    """As GNU and as BSD write them; tables of symbols are no files."""
    long = b"a-very-long-name-of-an-object.o/\nanother/\n"
    data = member(b"/", b"symbols!") + member(b"//", long) + member(b"/0", b"abc") + member(b"short.o/", b"d")
    view = read(data + member(b"#1/12", b"bsd-name.o\0\0data"))
    expected = [("a-very-long-name-of-an-object.o", b"abc"), ("short.o", b"d"), ("bsd-name.o", b"data")]
    assert contents(view) == expected
    assert not view.problems


def test_a_member_cut_off_is_told() -> None:
    """And what is there is read."""
    view = read(member(b"a/", b"data", size=400))
    assert contents(view) == [("a", b"data")]
    assert view.problems


@given(st.binary(max_size=200))
def test_reading_ends_on_any_bytes(data: bytes) -> None:
    """With a view or a FormatError."""
    for start in (b"", member(b"//", b"x/\n"), member(b"/0", b"x")[:58]):
        with suppress(FormatError):
            contents(read(start + data))


STARTS = {
    "RAR archive": b"Rar!\x1a\x07\x01\0", "Microsoft cabinet": b"MSCF\0\0\0\0", "RPM package": b"\xed\xab\xee\xdb",
    "cpio archive": b"070701", "compress stream": b"\x1f\x9d\x90",
}  # fmt: skip


@pytest.mark.parametrize("title", STARTS)
def test_an_archive_that_is_not_opened_is_told(title: str) -> None:
    """What is in it is unknown, which is never clean."""
    source = Memory(STARTS[title] + bytes(32))
    signature = next(item for item in SIGNATURES if item.name == "unsupported-archive")
    assert signature.claims(Head(source, "m")) is Claim.CERTAIN
    view = opaque.read(source, Budget(), "m")
    assert view.title == title
    assert view.problems
