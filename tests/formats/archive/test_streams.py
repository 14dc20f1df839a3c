"""Compressed streams: all of them to the end, and nothing before a break is lost."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.archive import streams
from assay.formats.archive.signatures import SIGNATURES
from assay.formats.archive.spool import MEMORY, Spool
from assay.formats.archive.streams import Stream
from assay.formats.budget import Budget, Limits
from assay.formats.signature import Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."
DATA = PICKLE + bytes(range(256)) * 40


def read(data: bytes, name: str = "m.pkl.gz", limits: Limits | None = None) -> Stream:
    return streams.read(Memory(data), Budget(limits), name)


def content(view: Stream) -> bytes:
    return view.content.read(0, view.content.size)


def zstd(data: bytes) -> bytes:
    return bytes(pytest.importorskip("zstandard").compress(data))


def lz4(data: bytes) -> bytes:
    return bytes(pytest.importorskip("lz4.frame").compress(data))


FORMS = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zstd": zstd,
    "lz4": lz4,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_recognised_and_expanded(form: str) -> None:
    """By its content, whatever its name."""
    data = FORMS[form](DATA)
    claims = [signature.name for signature in SIGNATURES if signature.claims(Head(Memory(data), "m.bin"))]
    view = read(data)
    assert claims == [form]
    assert view.form == form
    assert content(view) == DATA
    assert not view.problems
    assert view.trailing is None


@pytest.mark.parametrize("form", ["gzip", "bzip2", "xz", "zstd", "lz4"])
def test_streams_in_a_row_are_one_content(form: str) -> None:
    """As their own tools read them: the payload may be in the second."""
    view = read(FORMS[form](b"first") + FORMS[form](DATA))
    assert content(view) == b"first" + DATA
    assert view.streams == 2


@pytest.mark.parametrize("form", FORMS)
def test_what_came_out_before_a_break_is_kept(form: str) -> None:
    """An unpickler runs what it reads before the decompressor meets the break; these three decode block by block."""
    view = read(FORMS[form](DATA)[:-6])
    assert content(view).startswith(PICKLE) or form in {"bzip2", "lz4", "zstd"}
    assert view.problems


@pytest.mark.parametrize("form", ["gzip", "zlib", "xz"])
def test_a_wrong_checksum_loses_nothing(form: str) -> None:
    """The content is there before its check fails."""
    data = bytearray(FORMS[form](PICKLE))
    index = 4 * (int.from_bytes(data[-8:-4], "little") + 1)
    data[{"gzip": -8, "zlib": -4, "xz": -12 - index - 8}[form]] ^= 0xFF
    view = read(bytes(data))
    assert content(view).startswith(PICKLE[:-1])  # liblzma gives the last byte and the check's failure at once
    assert view.broken_sums or view.problems


def test_a_pickle_that_begins_as_zlib_is_left_to_its_reader() -> None:
    """``(S`` is a valid zlib header: a protocol-0 pickle must not be lost to it (a fault met in a scanner)."""
    data = b"(S'true'\nios\nsystem\n."
    (signature,) = [signature for signature in SIGNATURES if signature.claims(Head(Memory(data), "m.pkl"))]
    assert signature.name == "zlib"
    with pytest.raises(NotThisFormat):
        read(data)


def test_data_after_the_stream_are_a_member_unless_zeros() -> None:
    """Tapes and blocks pad with zeros."""
    whole = FORMS["gzip"](b"text")
    members = [(m.name, m.source.read(0, 99)) for m in read(whole + PICKLE).members()]
    assert members == [("m.pkl", b"text"), ("data after the stream", PICKLE)]
    assert read(whole + bytes(512)).trailing is None


def test_fields_that_decompressors_skip_are_looked_at() -> None:
    """A gzip extra field and a skippable frame may hold a pickle; short notes of block compressors are nothing."""
    packed = zlib.compressobj(wbits=-15)
    body = packed.compress(b"text") + packed.flush() + struct.pack("<II", zlib.crc32(b"text"), 4)
    extra = (PICKLE * 4)[:100]
    with_extra = b"\x1f\x8b\x08\x04" + bytes(6) + struct.pack("<H", len(extra)) + extra + body
    named = b"\x1f\x8b\x08\x08" + bytes(6) + b"../m.pkl\0" + body
    assert [m.name for m in read(with_extra).members()] == ["m.pkl", "gzip extra field"]
    assert [place.name for place in read(named).places()] == ["../m.pkl"]
    skipped = struct.pack("<II", 0x184D2A50, len(PICKLE)) + PICKLE
    assert [m.name for m in read(skipped + zstd(b"text")).members()] == ["m.pkl", "skipped frame"]


@pytest.mark.parametrize("form", FORMS)
def test_recognising_never_fails_wherever_the_file_ends(form: str) -> None:
    """A claim that raised would end the scan of the file."""
    data = FORMS[form](PICKLE)
    for length in range(len(data)):
        for signature in SIGNATURES:
            signature.claims(Head(Memory(data[:length]), "m"))


def test_the_member_has_the_name_without_the_ending() -> None:
    """So that the name of what is inside is set against its content, not the compressor's."""
    names = {name: read(FORMS["gzip"](b"x"), name).inner_name for name in ("a.pkl.gz", "a.tgz", "a.npy", ".gz")}
    assert names == {"a.pkl.gz": "a.pkl", "a.tgz": "a.tar", "a.npy": "a.npy", ".gz": ".gz"}


@pytest.mark.parametrize("form", ["bzip2", "xz", "zstd"])
def test_a_bomb_ends_in_a_limit(form: str) -> None:
    """A hundred bytes that become megabytes are not expanded to the end."""
    view = read(FORMS[form](bytes(8 << 20)), limits=Limits(ratio=100))
    assert "LIMIT ratio" in view.problems[0].what
    assert view.bombs


def test_what_is_large_goes_to_disk_and_back() -> None:
    """Beyond the limit of memory the bytes read the same."""
    spool = Spool()
    for _ in range(MEMORY // (1 << 20) + 1):
        spool.write(b"0123456789abcdef" * (1 << 16))
    spool.write(b"end")
    assert spool.size == MEMORY + (1 << 20) + 3
    assert spool.read(spool.size - 5, 99) == b"efend"
    assert spool.read(17, 3) == b"123"
    assert spool.read(spool.size, 1) == b""


@given(st.sampled_from(["", *FORMS]), st.binary(max_size=200))
def test_reading_ends_on_any_bytes(form: str, data: bytes) -> None:
    """Behind each form's magic number as well."""
    start = FORMS[form](b"")[:6] if form else b""
    with suppress(FormatError):
        list(read(start + data, limits=Limits(expanded=1 << 20)).members())


@given(st.sampled_from(sorted(FORMS)), st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_reading_ends_on_broken_streams(form: str, offset: int, change: bytes) -> None:
    """Whatever bytes were changed."""
    data = bytearray(FORMS[form](DATA))
    data[offset : offset + len(change)] = change
    with suppress(FormatError):
        list(read(bytes(data), limits=Limits(expanded=1 << 20)).members())


def test_a_stream_of_nothing_with_something_behind_it_is_no_stream() -> None:
    """The header of a medical picture reads as an empty LZMA stream."""
    empty = lzma.compress(b"", lzma.FORMAT_ALONE)
    with pytest.raises(NotThisFormat):
        read(empty + b"something else")
    assert read(empty).streams == 1
