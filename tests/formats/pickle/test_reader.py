"""Files read as pickles: what is one, what only looks like one, and what lies inside."""

from __future__ import annotations

import base64
import bz2
import collections
import contextlib
import gzip
import io
import lzma
import pickle
import zipfile
import zlib

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, Limits
from assay.formats.pickle import pickle as reader
from assay.formats.pickle.signatures import SIGNATURES
from assay.formats.pickle.view import Pickle
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

SYSTEM = b"\x80\x02cos\nsystem\nU\x02id\x85R."
TEXTUAL = b"cos\nsystem\n(S'id'\ntR."


def read(data: bytes, name: str = "model.pkl") -> Pickle:
    """The view of some bytes."""
    return reader.read(Memory(data), Budget(), name)


def claim(data: bytes, name: str) -> Claim:
    """What the recogniser says."""
    return SIGNATURES[0].claims(Head(Memory(data), name))


def holding(data: bytes) -> bytes:
    """A pickle of nothing but these bytes."""
    return pickle.dumps({"payload": data}, 4)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_what_says_that_it_is_a_pickle(protocol: int) -> None:
    """PROTO, and from protocol 4 on a FRAME that fits, are certain whatever the name."""
    assert claim(pickle.dumps([1, "two", 3.0], protocol), "cat.jpg") is Claim.CERTAIN


@pytest.mark.parametrize(
    "data",
    [
        TEXTUAL,
        pickle.dumps({"a": [1]}, 0),
        pickle.dumps({"a": [1]}, 1),
        b"(S'id'\nios\nsystem\n.",
        b"I0x10\n0" + TEXTUAL,
        b"\x8c\x02os\x8c\x06system\x93.",
        b"Vid\n0" + TEXTUAL,
        b"G\0\0\0\0\0\0\0\x000" + TEXTUAL,
    ],
)
def test_protocols_without_a_mark(data: bytes) -> None:
    """Protocols 0 and 1 are looked at under any name, and are read."""
    assert claim(data, "labels.txt") is Claim.PLAUSIBLE
    assert not read(data, "labels.txt").problems


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"# A model\n\nIt runs os.system.\n", "README.md"),
        (b"candle\nchair\ncat\ndog\n", "labels.txt"),
        (b"cat,dog\n1,2\n", "table.csv"),
        (b'{"a": 1}\n', "config.json"),
        (b"(see below)\nand more\n", "notes.txt"),
        (b"N.B. this is a note\n", "notes.txt"),
        (b"I am.\n", "notes.txt"),
        (b"Stop words\n", "words.txt"),
        (b"]]\n.", "x.txt"),
        (b"PK\x03\x04" + bytes(60), "model.pt"),
        (b"GGUF\x03\0\0\0" + bytes(60), "model.gguf"),
        (b"\x89HDF\r\n\x1a\n" + bytes(90), "weights.h5"),
    ],
)
def test_what_is_no_pickle(data: bytes, name: str) -> None:
    """Texts and other formats that start with a few opcodes by accident are not pickles."""
    if claim(data, name):
        with pytest.raises(NotThisFormat):
            read(data, name)


def test_a_text_that_calls_is_a_pickle() -> None:
    """A text file that calls something when loaded is a pickle, broken or not."""
    assert read(TEXTUAL[:-1] + b"\nand so on", "labels.txt").calls
    assert read(b"capp.models\nModel\n.", "labels.txt").imports


def test_a_name_makes_it_be_looked_at() -> None:
    """Under a pickle's own ending whatever bytes there are get a look."""
    assert claim(b"anything", "m.pkl") is Claim.PLAUSIBLE
    with pytest.raises(NotThisFormat):
        read(b"anything", "m.pkl")
    assert claim(b"", "m.pkl") is Claim.NO


def test_truncated_data_is_a_problem() -> None:
    """A pickle that says what it is and breaks off is never clean, though it did nothing yet."""
    view = read(pickle.dumps(list(range(100)), 4)[:-20])
    assert view.broken
    assert view.problems


def test_pickle_behind_junk() -> None:
    """Junk before a pickle does not hide it; that it is no ordinary pickle is told."""
    view = read(b"\x01\x02 junk \xff" * 9 + SYSTEM)
    (member,) = view.members()
    assert member.offset == 81
    assert member.source.read(0, 99) == SYSTEM
    assert view.problems


def test_pickle_behind_trailing_bytes() -> None:
    """Another pickle behind bytes that are none is found."""
    first = pickle.dumps([1], 4)
    view = read(first + b"\0\0\0" + SYSTEM)
    assert [member.name for member in view.members()] == [f"pickle at byte {len(first) + 3}"]
    assert view.trailing == 3 + len(SYSTEM)
    assert not view.problems


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", "b" * 99)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "inside",
    [
        SYSTEM,
        TEXTUAL,
        pickle.dumps(collections.OrderedDict(a=1), 4),
        _zipped(),
        b"\x7fELF\x02\x01\x01" + bytes(60),
        gzip.compress(SYSTEM, mtime=0),
        zlib.compress(SYSTEM),
        bz2.compress(SYSTEM),
        lzma.compress(SYSTEM),
        base64.b64encode(SYSTEM),
        base64.urlsafe_b64encode(SYSTEM),
        SYSTEM.hex().encode(),
        base64.b64encode(zlib.compress(SYSTEM)),
        base64.b64encode(_zipped()),
        zstandard.compress(SYSTEM),
        lz4.frame.compress(SYSTEM),
        b"\x89HDF\r\n\x1a\n" + bytes(88),
    ],
    ids=range(17),
)
def test_what_lies_in_strings(inside: bytes) -> None:
    """Pickles that do something, archives and programs in bytes are found, encoded or compressed; in any protocol."""
    (member,) = read(holding(inside)).members()
    assert member.offset is not None
    for protocol in range(3):
        assert list(read(pickle.dumps([inside], protocol)).members())


@pytest.mark.parametrize(
    "inside", [base64.b64encode(SYSTEM).decode(), SYSTEM.hex(), TEXTUAL.decode(), SYSTEM.decode("latin-1")]
)
def test_what_lies_in_text(inside: str) -> None:
    """The same in text, whatever opcode writes it."""
    for protocol in range(6):
        assert list(read(pickle.dumps([inside], protocol)).members())


@pytest.mark.parametrize(
    "inside",
    [
        pickle.dumps([1, 2, 3], 4),
        b"x" * 500,
        b"\x80\x04" + b"\xff" * 50,
        zlib.compress(b"data" * 40),
        b"gAAAAABmnothing" * 4,
        b"PK\x03\x04" + bytes(60),
        b"cat\ndog\nbird\nand a long text",
        bytes(range(256)),
        b"8000000000000000000000000000",
    ],
)
def test_what_is_harmless_in_strings(inside: bytes) -> None:
    """Data in strings is data: it is not taken apart."""
    assert not list(read(holding(inside)).members())


def test_four_pickles_in_each_other() -> None:
    """A pickle in a pickle in a pickle is found one layer at a time."""
    inner = SYSTEM
    for _ in range(4):
        inner = b"\x80\x03cdill\nloads\nC" + bytes([len(inner)]) + inner + b"\x85R."
    depth, data = 0, inner
    while members := list(read(data).members()):
        depth, data = depth + 1, members[0].source.read(0, 999)
    assert depth == 4
    assert data == SYSTEM


def test_modules_are_facts() -> None:
    """Every module that is imported is told once, for the rules that look at the folder around the file."""
    view = read(b"\x80\x02chelper\nA\nchelper\nB\nos.path\n\x82\x05."[:22] + b".")
    assert [fact.value for fact in view.facts()] == ["helper"]


def test_joblib_goes_on_behind_its_arrays() -> None:
    """The bytes of an array between the opcodes, as joblib writes them, are no problem, and what follows is seen."""
    head = (
        b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(U\x08subclassNU\x05shapeK\x02\x85U\x05order"
        b"U\x01CU\x05dtypecnumpy\ndtype\nU\x02f8\x89\x88\x87RU\nallow_mmap\x88U\x1bnumpy_array_alignment_bytesK\x10ub"
    )
    padding = 16 - (len(head) + 1) % 16
    view = read(head + bytes([padding]) + b"\xff" * padding + bytes(range(100, 116)) + b"0" + TEXTUAL, "m.joblib")
    assert not view.problems
    assert "os.system" in [getattr(call.target, "dotted", "") for call in view.calls]


@given(data=st.binary(max_size=300))
def test_ends_on_any_bytes(data: bytes) -> None:
    """Whatever the bytes, recognising and reading them ends, with nothing but an error of ours."""
    for name in ("m.pkl", "m.txt", ""):
        claim(data, name)
        try:
            view = reader.read(Memory(data), Budget(Limits(seconds=20)), name)
        except FormatError:
            continue
        assert 0 <= view.end <= len(data)
        list(view.members())


@given(
    protocol=st.integers(0, 5),
    place=st.integers(0, 400),
    change=st.binary(max_size=4),
    cut=st.booleans(),
)
def test_ends_on_damaged_pickles(protocol: int, place: int, change: bytes, cut: bool) -> None:
    """The same of pickles with bytes changed or cut off."""
    value = [{"a": (1, 2.5, "x", b"y"), "b": {1}, "c": collections.OrderedDict(k=1 << 70)}, SYSTEM, "long" * 30]
    data = bytearray(pickle.dumps(value, protocol))
    place = min(place, len(data))
    data[place : place if cut else place + len(change)] = change
    with contextlib.suppress(FormatError):
        reader.read(Memory(bytes(data[:place] if cut else data)), Budget(), "m.pkl")
