"""Zips: what any reader would see is a member, and where readers differ is kept."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.archive import zip as zip_reader
from assay.formats.archive.signatures import SIGNATURES
from assay.formats.archive.zip import Zip
from assay.formats.budget import Budget, Limits
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

ZIP = next(signature for signature in SIGNATURES if signature.name == "zip")
PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."
Make = Callable[..., object]


def read(data: bytes, limits: Limits | None = None) -> Zip:
    return zip_reader.read(Memory(data), Budget(limits), "m.zip")


def contents(view: Zip) -> list[tuple[str, bytes]]:
    return [(member.name, member.source.read(0, member.source.size)) for member in view.members()]


def claim(data: bytes) -> Claim:
    return ZIP.claims(Head(Memory(data), "m"))


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def standard(method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("folder/", b"")
        archive.writestr("folder/data.pkl", PICKLE)
        archive.writestr("é.txt", "text" * 100)
        archive.comment = b"made by a test"
    return buffer.getvalue()


METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.mark.parametrize("method", METHODS)
def test_what_the_standard_library_writes_is_read_whole(method: int) -> None:
    """Every method it knows; nothing is left over and nothing is odd."""
    data = standard(method)
    view = read(data)
    assert claim(data) is Claim.CERTAIN
    assert contents(view) == [("folder/data.pkl", PICKLE), ("é.txt", b"text" * 100)]
    assert not view.problems
    assert not view.regions
    assert not view.broken_sums
    assert view.directories == 1


def test_a_pickle_of_torch_is_expected_to_be_one() -> None:
    """PyTorch unpickles ``data.pkl`` whatever it begins with."""
    expected = {member.name: member.expected for member in read(standard()).members()}
    assert expected == {"folder/data.pkl": ("pickle",), "é.txt": ()}


def test_an_entry_can_be_found_and_opened() -> None:
    """Other readers of the same zip look entries up by name."""
    view = read(standard(zipfile.ZIP_DEFLATED))
    entry = view.named("folder/data.pkl")
    assert entry is not None
    assert view.open(entry).read(0, 100) == PICKLE
    assert view.named("nothing") is None


def test_streamed_zips_and_large_ones_are_ordinary(zip_entry: Make, zip_file: Make) -> None:
    """Data descriptors with and without a signature, zip64 sizes, padding as PyTorch writes it."""
    crc = zlib.crc32(PICKLE).to_bytes(4, "little")
    sizes = len(PICKLE).to_bytes(4, "little") * 2
    wide = (1).to_bytes(2, "little") + (16).to_bytes(2, "little") + len(PICKLE).to_bytes(8, "little") * 2
    data = zip_file([
        zip_entry(b"a", PICKLE, flags=8, descriptor=b"PK\x07\x08" + crc + sizes),
        zip_entry(b"b", PICKLE, flags=8, descriptor=crc + sizes),
        zip_entry(b"c", PICKLE, flags=8, descriptor=b"PK\x07\x08" + crc + len(PICKLE).to_bytes(8, "little") * 2),
        zip_entry(b"d", PICKLE, extra=b"FB\x10\0" + b"Z" * 16),
        zip_entry(b"e", PICKLE, extra=wide),
    ]).render()  # fmt: skip
    view = read(data)
    assert [name for name, _ in contents(view)] == ["a", "b", "c", "d", "e"]
    assert not view.regions
    assert not view.problems


def test_zip64_end_records_are_followed() -> None:
    """The standard library writes them when told so."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("a", "w", force_zip64=True) as entry:
        entry.write(PICKLE)
    assert contents(read(buffer.getvalue())) == [("a", PICKLE)]


def test_a_duplicate_is_read_twice(zip_entry: Make, zip_file: Make) -> None:
    """The first and the last, because one loader takes this and another that."""
    data = zip_file([zip_entry(b"data.pkl", PICKLE), zip_entry(b"data.pkl", b"N.")]).render()
    assert contents(read(data)) == [("data.pkl", PICKLE), ("data.pkl", b"N.")]


def test_a_mark_of_encryption_hides_nothing(zip_entry: Make, zip_file: Make) -> None:
    """CVE-2025-1945: PyTorch ignores the flag, so its data are read as they are."""
    packed = deflated(PICKLE)
    data = zip_file(
        [zip_entry(b"a", PICKLE, flags=1), zip_entry(b"b", PICKLE, method=8, packed=packed, flags=1)]
    ).render()
    view = read(data)
    assert contents(view) == [("a", PICKLE), ("b", PICKLE)]
    assert [entry.name for entry in view.not_encrypted] == ["a", "b"]
    assert not view.problems


def test_true_encryption_is_told(zip_entry: Make, zip_file: Make) -> None:
    """What cannot be read is not passed over."""
    view = read(zip_file([zip_entry(b"a", PICKLE, packed=b"\x93" * 38, method=8, flags=1)]).render())
    assert contents(view) == []
    assert [problem.what for problem in view.problems] == ["'a': it is encrypted"]


def test_a_wrong_checksum_hides_nothing(zip_entry: Make, zip_file: Make) -> None:
    """CVE-2025-10156: the loader does not check, so the data are read all the same."""
    packed = deflated(PICKLE)
    data = zip_file([zip_entry(b"a", PICKLE, crc=1), zip_entry(b"b", PICKLE, crc=0, method=8, packed=packed)]).render()
    view = read(data)
    assert contents(view) == [("a", PICKLE), ("b", PICKLE)]
    assert [(name, absent) for name, _, absent in view.broken_sums] == [("a", False), ("b", True)]


def test_an_entry_the_directory_does_not_list_is_a_member(zip_entry: Make, zip_file: Make) -> None:
    """Readers that walk from the front unpack it."""
    packed = deflated(PICKLE)
    after = b"PK\x07\x08" + bytes(12)
    data = zip_file([
        zip_entry(b"a", b"text"), zip_entry(b"hidden", PICKLE, listed=False),
        zip_entry(b"streamed", PICKLE, method=8, packed=packed, flags=8, descriptor=after, listed=False),
    ]).render()  # fmt: skip
    view = read(data)
    assert contents(view) == [("a", b"text"), ("hidden", PICKLE), ("streamed", PICKLE)]
    assert [entry.listed for entry in view.entries] == [True, False, False]
    assert not view.regions


def test_bytes_between_entries_are_a_member(zip_entry: Make, zip_file: Make) -> None:
    """They belong to no record, and somebody may seek to them."""
    view = read(zip_file([zip_entry(b"a", b"text", gap=PICKLE), zip_entry(b"b", b"text")]).render())
    assert ("data between the entries", PICKLE) in contents(view)


@pytest.mark.parametrize("length", [12, 16, 20, 24])
def test_a_descriptor_is_one_only_where_it_was_announced(length: int, zip_entry: Make, zip_file: Make) -> None:
    """As many bytes behind an entry that has none are bytes of nobody."""
    view = read(zip_file([zip_entry(b"a", b"text", gap=b"?" * length), zip_entry(b"b", b"text")]).render())
    assert ("data between the entries", b"?" * length) in contents(view)


@pytest.mark.parametrize(("written", "hidden"), [(56, False), (57, True)])
def test_a_signing_block_is_one_only_if_its_length_is_right(
    written: int, hidden: bool, zip_entry: Make, zip_file: Make
) -> None:
    """Android's block says how long it is; a mark at the end of anything is no excuse for the rest."""
    block = struct.pack("<Q", 56) + PICKLE.ljust(32, b"?") + struct.pack("<Q", written) + b"APK Sig Block 42"
    view = read(zip_file([zip_entry(b"a", b"text", gap=block)]).render())
    assert (("data between the entries", block) in contents(view)) is hidden


def test_zeros_between_entries_are_padding(zip_entry: Make, zip_file: Make) -> None:
    """Some packers align so."""
    view = read(zip_file([zip_entry(b"a", b"text", gap=bytes(30)), zip_entry(b"b", b"text")]).render())
    assert [name for name, _ in contents(view)] == ["a", "b"]


def test_data_behind_a_compressed_stream_are_a_member(zip_entry: Make, zip_file: Make) -> None:
    """The entry is longer than its stream."""
    view = read(zip_file([zip_entry(b"a", b"text", method=8, packed=deflated(b"text") + PICKLE)]).render())
    assert contents(view) == [("a", b"text"), ("a", PICKLE)]
    assert [(entry.name, length) for entry, length in view.slack] == [("a", len(PICKLE))]


@pytest.mark.parametrize("counted", [False, True])
def test_a_zip_behind_other_data_is_found(counted: bool, zip_entry: Make, zip_file: Make) -> None:
    """Offsets counted from the file's start or from the zip's."""
    data = zip_file([zip_entry(b"a", PICKLE)], prefix=b"GIF89a" * 900, counted_prefix=counted).render()
    view = read(data)
    assert claim(data) is Claim.CERTAIN
    assert contents(view)[0] == ("a", PICKLE)
    assert [region.title for region in view.regions] == ["data before the zip"]


def test_a_long_comment_does_not_hide_a_zip(zip_entry: Make, zip_file: Make) -> None:
    """The end record may lie 64 KiB before the end of the file."""
    data = zip_file([zip_entry(b"a", PICKLE)], prefix=b"\x89PNG", comment=b"x" * 65_000).render()
    assert claim(data) is Claim.CERTAIN
    assert contents(read(data))[0] == ("a", PICKLE)


def test_data_after_the_zip_are_a_member(zip_entry: Make, zip_file: Make) -> None:
    """Zeros aside."""
    entries = [zip_entry(b"a", b"text")]
    assert ("data after the zip", PICKLE) in contents(read(zip_file(entries, trailing=PICKLE).render()))
    assert read(zip_file(entries, trailing=bytes(700)).render()).trailing is None


def test_two_zips_in_a_row_are_two_directories(zip_entry: Make, zip_file: Make) -> None:
    """One reader takes the last, another walks from the front and meets the first."""
    first = zip_file([zip_entry(b"a", PICKLE)]).render()
    second = zip_file([zip_entry(b"b", b"N.")], prefix=first).render()
    view = read(second)
    assert view.directories == 2
    assert {("a", PICKLE), ("b", b"N.")} <= set(contents(view))


def test_an_end_record_in_a_comment_is_a_second_directory(zip_entry: Make, zip_file: Make) -> None:
    """Readers that demand that the comment reaches the end of the file take the outer one, others the inner."""
    inner = zip_file([zip_entry(b"b", b"N.")]).render()
    view = read(zip_file([zip_entry(b"a", PICKLE)], comment=inner).render())
    assert view.directories == 2
    assert {("a", PICKLE), ("b", b"N.")} <= set(contents(view))


def test_a_zip_stored_in_a_zip_is_no_second_directory(zip_entry: Make, zip_file: Make) -> None:
    """Its end record lies in an entry's data."""
    inner = zip_file([zip_entry(b"b", b"N.")]).render()
    view = read(zip_file([zip_entry(b"inner.zip", inner)]).render())
    assert view.directories == 1
    assert contents(view) == [("inner.zip", inner)]


def test_a_zip_stored_in_a_tar_is_left_to_the_tar(
    zip_entry: Make, zip_file: Make, tar_member: Callable[..., bytes]
) -> None:
    """The end record lies near the end of both; as a member of the tar it is read there."""
    inner = zip_file([zip_entry(b"b", b"N.")]).render()
    data = tar_member(b"a.txt", b"text") + tar_member(b"inner.zip", inner) + bytes(1024)
    with pytest.raises(NotThisFormat):
        read(data)


def test_a_zip_without_a_directory_is_walked_from_the_front() -> None:
    """And what is missing is told."""
    data = standard()
    view = read(data[: data.index(b"PK\x01\x02")])
    assert [name for name, _ in contents(view)][:1] == ["folder/data.pkl"]
    assert [problem.what for problem in view.problems] == ["the zip has no central directory"]


def test_an_unknown_method_is_told_and_its_bytes_are_looked_at(zip_entry: Make, zip_file: Make) -> None:
    """A reader that does not know the method may take the bytes as they are."""
    view = read(zip_file([zip_entry(b"m.pkl", PICKLE, method=97)]).render())
    assert contents(view) == [("m.pkl", PICKLE)]
    assert "97 (WavPack)" in view.problems[0].what


def test_xz_and_zstandard_entries_are_read(zip_entry: Make, zip_file: Make) -> None:
    """Methods 95 and 93, which newer packers write."""
    zstandard = pytest.importorskip("zstandard")
    data = zip_file([
        zip_entry(b"a", PICKLE, method=95, packed=lzma.compress(PICKLE)),
        zip_entry(b"b", PICKLE, method=93, packed=zstandard.compress(PICKLE)),
    ]).render()  # fmt: skip
    assert contents(read(data)) == [("a", PICKLE), ("b", PICKLE)]


def test_what_came_out_before_a_break_is_kept(zip_entry: Make, zip_file: Make) -> None:
    """A pickle runs before the unpacker meets the broken end."""
    packed = deflated(PICKLE + bytes(range(256)) * 40)
    view = read(zip_file([zip_entry(b"a", PICKLE, method=8, packed=packed[:-20] + b"\xff" * 20)]).render())
    ((_, content),) = contents(view)
    assert content.startswith(PICKLE)
    assert view.problems


def test_a_local_header_with_another_method_is_read_both_ways(zip_entry: Make, zip_file: Make) -> None:
    """The directory says deflated, the header before the data says stored."""
    data = bytearray(zip_file([zip_entry(b"a", PICKLE, method=8, packed=deflated(PICKLE))]).render())
    data[8:10] = b"\0\0"
    assert contents(read(bytes(data))) == [("a", PICKLE), ("a", deflated(PICKLE))]


def test_the_limits_end_in_a_problem_not_in_a_hang(zip_entry: Make, zip_file: Make) -> None:
    """Too much out, too many entries."""
    data = zip_file([zip_entry(b"a", bytes(4 << 20), method=8, packed=deflated(bytes(4 << 20)))]).render()
    view = read(data, Limits(ratio=100))
    contents(view)
    assert view.problems[0].what == "'a': LIMIT ratio (100)"
    assert view.bombs
    many = read(zip_file([zip_entry(b"a", b"")] * 20).render(), Limits(members=10))
    assert "LIMIT members" in many.problems[0].what


def test_what_only_begins_like_a_zip_is_none() -> None:
    """Four bytes do not make one."""
    with pytest.raises(NotThisFormat):
        read(b"PK\x03\x04" + b"\xff" * 200)
    assert claim(b"PK\x05\x06" + bytes(18)) is Claim.CERTAIN
    assert claim(b"text PK\x05\x06" + bytes(40)) is Claim.NO


@given(st.binary(max_size=600))
def test_reading_ends_on_any_bytes(data: bytes) -> None:
    """With a view or a FormatError, behind a zip's magic numbers as well."""
    for start in (b"", b"PK\x03\x04", b"PK\x05\x06"):
        claim(start + data)
        with suppress(FormatError):
            contents(read(start + data))


@given(st.sampled_from(METHODS), st.lists(st.tuples(st.integers(0, 700), st.binary(max_size=6)), max_size=4))
def test_reading_ends_on_broken_zips(method: int, changes: list[tuple[int, bytes]]) -> None:
    """Whatever bytes were changed."""
    data = bytearray(standard(method))
    for offset, change in changes:
        data[offset : offset + len(change)] = change
    with suppress(FormatError):
        view = read(bytes(data), Limits(expanded=1 << 20, held=1 << 20))
        contents(view)
        list(view.places())
