"""Harmless files are recognised, and what hides behind their end is not overlooked."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.plain import git_object, pdf, picture, sentencepiece, zeros
from assay.formats.plain.signatures import SIGNATURES
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."

PICTURES = {
    "png": b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 4) + b"IHDR" + bytes(8) + bytes(4) + b"IEND" + bytes(4),
    "jpeg": b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x04ab\x12\xff\0\x34\xff\xd0\x56\xff\xd9",
    "gif": b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + b"!\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
    "bmp": b"BM" + struct.pack("<IIII", 58, 0, 54, 40) + bytes(40),
    "riff": b"RIFF" + struct.pack("<I", 8) + b"WEBPVP8 ",
    "mp4": struct.pack(">I", 16) + b"ftypisom\0\0\0\0" + struct.pack(">I", 8) + b"mdat",
}


def names(data: bytes, name: str = "m") -> list[str]:
    return [item.name for item in SIGNATURES if item.claims(Head(Memory(data), name))]


@pytest.mark.parametrize("form", PICTURES)
def test_what_follows_a_picture_is_a_member(form: str) -> None:
    """Its end is found by its own structure; zeros and line ends are padding."""
    data = PICTURES[form]
    assert names(data) == [form]
    (member,) = picture.read(Memory(data + PICKLE), Budget(), "m").members()
    assert (member.offset, member.source.read(0, 99)) == (len(data), PICKLE)
    for rest in (b"", bytes(40), b"\r\n"):
        assert list(picture.read(Memory(data + rest), Budget(), "m").members()) == []


@pytest.mark.parametrize("form", PICTURES)
def test_a_picture_cut_off_is_harmless(form: str) -> None:
    """No viewer runs it."""
    with suppress(NotThisFormat):
        view = picture.read(Memory(PICTURES[form][:-3]), Budget(), "m")
        assert not view.problems


@pytest.mark.parametrize("data", [b"BM" + b"\x07" * 60, b"RIFF\0\0\0\0none", b"\0\0\0\x10ftyp"[:5]])
def test_two_letters_make_no_picture(data: bytes) -> None:
    """A pickle may begin with ``BM``: what the headers do not bear out is not called harmless."""
    with pytest.raises(NotThisFormat):
        picture.read(Memory(data), Budget(), "m")


def test_every_name_is_there_once_and_harmless() -> None:
    """Reports name formats by them."""
    assert len({item.name for item in SIGNATURES}) == len(SIGNATURES)
    assert all(item.harmless for item in SIGNATURES)


STARTS = {
    "tiff": b"II*\0\x08\0\0\0" + bytes(9), "pdf": b"%PDF-1.7", "sqlite": b"SQLite format 3\0", "font": b"OTTO\0\1",
    "parquet": b"PAR1" + bytes(20) + b"PAR1", "git": b"PACK\0\0\0\2", "sound": b"fLaC\0",
    "lmdb": bytes(16) + b"\xde\xc0\xef\xbe", "mp3": b"ID3\x03\0\0\0\0\x02\x01" + bytes(9),
    "icon": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\4\0\0\0\x16\0\0\0" + bytes(9),
    "empty": b"",
}  # fmt: skip


@pytest.mark.parametrize("form", STARTS)
def test_harmless_files_are_recognised(form: str) -> None:
    """By their content."""
    assert names(STARTS[form]) == [form]


@pytest.mark.parametrize(
    "data", [b"PAR1" + bytes(30), b"II*\0\xff\xff\xff\xff", b"ID3\x09", b"\xff\xfb\x90\x00" + bytes(600)]
)
def test_beginnings_that_are_not_borne_out_are_nothing(data: bytes) -> None:
    """A magic number of two bytes proves little."""
    assert names(data) == []


PIECE = b"\x0a\x05<unk>\x15\0\0\0\0\x18\x02"
VOCABULARY = (b"\x0a" + bytes([len(PIECE)]) + PIECE) * 3 + b"\x12\x02ab"


def test_recognising_never_fails_wherever_the_file_ends() -> None:
    """A claim that raised would end the scan of the file (met by fuzzing: a vocabulary cut off after 17 bytes)."""
    for data in (*PICTURES.values(), *STARTS.values(), VOCABULARY, b"blob 3\0abc"):
        for length in range(len(data)):
            names(data[:length])


def test_a_vocabulary_of_pieces_is_read_to_its_end() -> None:
    """Its fields are all known; another one is told."""
    assert names(VOCABULARY) == ["sentencepiece"]
    assert not sentencepiece.read(Memory(VOCABULARY), Budget(), "m.model").problems
    assert sentencepiece.read(Memory(VOCABULARY + b"\x7a\x02ab"), Budget(), "m.model").problems
    assert sentencepiece.read(Memory(VOCABULARY + PICKLE), Budget(), "m.model").problems
    with pytest.raises(NotThisFormat):
        sentencepiece.read(Memory(b"\x0a\x02ab"), Budget(), "m.model")


def test_zeros_are_nothing_and_what_follows_them_is_something() -> None:
    """To the last byte."""
    assert names(bytes(5000)) == ["empty"]
    assert not zeros.read(Memory(bytes(5000)), Budget(), "m").problems
    with pytest.raises(NotThisFormat):
        zeros.read(Memory(bytes(5000) + PICKLE), Budget(), "m")


def test_a_git_blob_holds_a_file() -> None:
    """As the loose objects of a repository do, once expanded."""
    data = b"blob %d\0" % len(PICKLE) + PICKLE
    assert names(data) == ["git-object"]
    (member,) = git_object.read(Memory(data), Budget(), "m").members()
    assert member.source.read(0, 99) == PICKLE
    assert list(git_object.read(Memory(b"commit 4\0tree"), Budget(), "m").members()) == []
    with pytest.raises(NotThisFormat):
        git_object.read(Memory(data + b"x"), Budget(), "m")


@given(st.sampled_from(["", *PICTURES]), st.binary(max_size=300))
def test_reading_ends_on_any_bytes(form: str, data: bytes) -> None:
    """With a view or a FormatError, behind the beginning of each form as well."""
    source = Memory(PICTURES.get(form, b"")[:12] + data)
    for signature in SIGNATURES:
        assert signature.claims(Head(source, "m")) in Claim
        with suppress(FormatError):
            list(signature.read(source, Budget(), "m").members())


ONCE = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\nstartxref\n0\n%%EOF\n"


@pytest.mark.parametrize(
    "data",
    [ONCE, ONCE * 2, ONCE + b"\r\n\r\n", ONCE.rstrip(), ONCE + b"xref\n0 1\n%%EOF", ONCE[:9] + bytes(3 << 20)],
)
def test_revisions_of_a_pdf_are_its_own(data: bytes) -> None:
    """A PDF grows by revisions, each with an end of its own; none of them was appended by a stranger."""
    assert names(data) == ["pdf"]
    assert not list(pdf.read(Memory(data), Budget(), "x.pdf").members())


@pytest.mark.parametrize(
    "before", [ONCE, ONCE * 2, ONCE + b" " * 200_000, ONCE[:9] + b"%" * ((1 << 20) - 55) + ONCE[9:]]
)
@pytest.mark.parametrize("after", [b"", b"%%EOF\n"])
def test_a_pickle_behind_a_pdf_is_a_member(before: bytes, after: bytes) -> None:
    """An old way to carry things past those who look; another end behind it does not hide it."""
    (member,) = pdf.read(Memory(before + PICKLE + after), Budget(), "x.pdf").members()
    assert member.offset == len(before)


@given(st.binary(max_size=200))
def test_any_end_of_a_pdf_is_survived(noise: bytes) -> None:
    """Whatever follows."""
    list(pdf.read(Memory(ONCE + noise), Budget(), "x.pdf").members())


def test_what_libraries_write_beside_models() -> None:
    """A data set of LightGBM, a checkpoint of Orbax, the folder lists of an incremental tar."""
    assert names(b"______LightGBM_Binary_File_Token______\n" + bytes(9)) == ["lightgbm-data"]
    assert names(b"\x0c\xdb\x3a\x2a" + bytes(20)) == ["tensorstore"]
    assert "folder-listing" in names(b"Yconfig.json\0Dsub\0\0")
    assert "folder-listing" not in names(b"Ncos\nsystem\n(X\x04\0\0\0truetR.")
