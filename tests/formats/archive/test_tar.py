"""Tars of every dialect: names and sizes as readers take them, and where readers part."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.archive import tar
from assay.formats.archive.signatures import SIGNATURES
from assay.formats.archive.tar import Tar
from assay.formats.budget import Budget
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

TAR = next(signature for signature in SIGNATURES if signature.name == "tar")
PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."
Make = Callable[..., bytes]
END = bytes(1024)


def read(data: bytes) -> Tar:
    return tar.read(Memory(data), Budget(), "m.tar")


def contents(view: Tar) -> list[tuple[str, bytes]]:
    return [(member.name, member.source.read(0, member.source.size)) for member in view.members()]


def standard(form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name in ("m.pkl", "folder/" + "long" * 40 + ".pkl", "é.txt"):
            member = tarfile.TarInfo(name)
            member.size = len(PICKLE)
            archive.addfile(member, io.BytesIO(PICKLE))
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    return buffer.getvalue()


FORMS = (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


@pytest.mark.parametrize("form", FORMS)
def test_what_the_standard_library_writes_is_read_whole(form: int) -> None:
    """Long names, names that are not ASCII, folders, and the zeros at the end."""
    data = standard(form)
    view = read(data)
    assert TAR.claims(Head(Memory(data), "m")) is Claim.CERTAIN
    assert contents(view) == [(name, PICKLE) for name in ("m.pkl", "folder/" + "long" * 40 + ".pkl", "é.txt")]
    assert not view.problems
    assert view.trailing is None
    assert view.entries[-1].is_folder


def test_tars_from_before_ustar_are_recognised_by_their_checksum(tar_member: Make) -> None:
    """They have no magic number."""
    data = tar_member(b"m.pkl", PICKLE, kind=b"\0", magic=bytes(8)) + END
    assert TAR.claims(Head(Memory(data), "m")) is Claim.CERTAIN
    assert contents(read(data)) == [("m.pkl", PICKLE)]
    assert TAR.claims(Head(Memory(data.replace(b"m.pkl", b"n.pkl", 1)), "m")) is Claim.NO


def test_sizes_beyond_octal_are_read(tar_member: Make) -> None:
    """Base 256, as GNU tar writes them; a negative one is none."""
    data = bytearray(tar_member(b"m.pkl", PICKLE) + END)
    for size, fits in ((len(PICKLE).to_bytes(11, "big"), True), (b"\xff" * 11, False)):
        data[124:136] = (b"\x80" if fits else b"\xff") + size
        data[148:156] = b" " * 8
        data[148:156] = b"%06o\0 " % sum(data[:512])
        if fits:
            assert contents(read(bytes(data))) == [("m.pkl", PICKLE)]
        else:
            with pytest.raises(NotThisFormat):
                read(bytes(data))


def test_links_and_special_files_are_places(tar_member: Make) -> None:
    """With what they point to."""
    data = tar_member(b"l", kind=b"2", link=b"../x") + tar_member(b"h", kind=b"1", link=b"l")
    view = read(data + tar_member(b"d", kind=b"3") + END)
    assert [(place.name, place.link, place.hard, place.special) for place in view.places()] == [
        ("l", "../x", False, ""), ("h", "l", True, ""), ("d", None, False, "a character device"),
    ]  # fmt: skip
    assert contents(view) == []


def test_a_pax_size_that_differs_is_a_conflict(tar_member: Make, pax_header: Make) -> None:
    """CVE-2025-62518: readers that take the other size find their next member inside this one."""
    inner = tar_member(b"hidden.pkl", PICKLE)
    data = pax_header({"size": str(len(inner))}) + tar_member(b"a", inner, size=10) + END
    view = read(data)
    members = dict(contents(view))
    assert [conflict[1:] for conflict in view.conflicts] == [("a", len(inner), 10)]
    assert members["a"] == inner
    (rest,) = (content for name, content in members.items() if "other size" in name)
    assert rest.startswith(inner[512:520])


@pytest.mark.parametrize(("kind", "told"), [(b"1", True), (b"3", True), (b"5", False), (b"0", False)])
def test_a_link_with_a_size_is_a_conflict(kind: bytes, told: bool, tar_member: Make) -> None:
    """Some readers skip its data, others take them for the next member; old programs do write a folder's size."""
    view = read(tar_member(b"a", PICKLE, kind, b"b") + tar_member(b"b", b"text") + END)
    assert [conflict[1:] for conflict in view.conflicts] == [("a", 0, len(PICKLE))] * told


def test_global_and_local_records_name_the_member(tar_member: Make, pax_header: Make) -> None:
    """The local record counts before the global one, and that before the header."""
    data = (
        pax_header({"path": "all"}, b"g") + tar_member(b"a", b"1") + pax_header({"path": "é"}) + tar_member(b"b", b"2")
    )
    assert contents(read(data + END)) == [("all", b"1"), ("é", b"2")]


def test_data_after_the_end_are_a_member(tar_member: Make) -> None:
    """After the zeros, wherever these end."""
    second = tar_member(b"b.pkl", PICKLE)
    view = read(tar_member(b"a", b"text") + bytes(512) + second + END)
    assert contents(view) == [("a", b"text"), ("data after the tar", second + END)]


def test_a_sparse_file_is_put_together() -> None:
    """As GNU tar keeps it: parts, then where they belong."""
    block = bytearray(512)
    block[:1], block[100:108], block[124:136], block[156:157] = b"s", b"0000644\0", b"%011o\0" % 4, b"S"
    block[257:265] = b"ustar  \0"
    block[386:410] = b"%011o\0%011o\0" % (6, 4)
    block[483:495] = b"%011o\0" % 12
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert contents(read(bytes(block) + b"data".ljust(512, b"\0") + END)) == [("s", bytes(6) + b"data" + bytes(2))]


def test_a_sparse_map_in_a_pax_record_is_followed(tar_member: Make, pax_header: Make) -> None:
    """Version 1.0 keeps the map before the data, 0.1 in the record."""
    records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "6", "GNU.sparse.name": "s"}
    data = pax_header(records) + tar_member(b"x", b"1\n2\n4\n".ljust(512, b"\0") + b"data")
    older = pax_header({"GNU.sparse.map": "2,4", "GNU.sparse.size": "6"}) + tar_member(b"t", b"data")
    assert contents(read(data + older + END)) == [("s", b"\0\0data"), ("t", b"\0\0data")]


def test_a_member_cut_off_is_told(tar_member: Make) -> None:
    """What is there is read."""
    view = read(tar_member(b"m.pkl", PICKLE * 40)[:700])
    assert contents(view)[0][1].startswith(PICKLE)
    assert view.problems


def test_a_broken_header_is_told_and_what_was_before_it_stands(tar_member: Make) -> None:
    """One bad byte does not lose the rest."""
    second = bytearray(tar_member(b"b", b"text"))
    second[0] ^= 1
    view = read(tar_member(b"m.pkl", PICKLE) + bytes(second) + END)
    assert contents(view) == [("m.pkl", PICKLE)]
    assert [problem.what for problem in view.problems] == ["a tar header has a wrong checksum"]


@given(st.binary(max_size=1200))
def test_reading_ends_on_any_bytes(data: bytes) -> None:
    """With a view or a FormatError."""
    TAR.claims(Head(Memory(data), "m"))
    with suppress(FormatError):
        contents(read(data))


@given(st.sampled_from(FORMS), st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=6)), max_size=4))
def test_reading_ends_on_broken_tars(form: int, changes: list[tuple[int, bytes]]) -> None:
    """Whatever bytes were changed, with every checksum made right again."""
    data = bytearray(standard(form))
    for offset, change in changes:
        data[offset : offset + len(change)] = change
    for start in range(0, len(data) - 511, 512):
        if data[start + 257 : start + 262] == b"ustar":
            data[start + 148 : start + 156] = b" " * 8
            data[start + 148 : start + 156] = b"%06o\0 " % (sum(data[start : start + 512]) & 0o777777)
    with suppress(FormatError):
        view = read(bytes(data))
        contents(view)
        list(view.places())
