"""What follows the end of a table, a database, a font or a shape is inspected as a file of its own."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

import pytest

from assay.formats.budget import Budget
from assay.formats.plain import ends
from assay.formats.plain.signatures import SIGNATURES
from assay.formats.signature import Head
from assay.formats.source import Memory

PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."
ARROW = b"ARROW1\0\0" + bytes(40) + struct.pack("<i", 30) + b"ARROW1"
FONT = b"\0\1\0\0" + struct.pack(">HHHH", 1, 16, 0, 0) + b"glyf" + struct.pack(">III", 0, 28, 5) + b"abcde\0\0\0"
WOFF = b"wOF2" + b"\0\1\0\0" + struct.pack(">I", 48) + bytes(36)
SHAPE = b"glTF" + struct.pack("<II", 2, 20) + bytes(8)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """As SQLite itself writes it."""
    path: Path = tmp_path_factory.mktemp("sqlite") / "x.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (a text)")
    connection.close()
    return path.read_bytes()


def after(data: bytes) -> list[tuple[int | None, bytes]]:
    """What the reader that claims the bytes finds behind their end."""
    source = Memory(data)
    (signature,) = [item for item in SIGNATURES if item.claims(Head(source, "m"))]
    view = signature.read(source, Budget(), "m")
    return [(member.offset, member.source.read(0, member.source.size)) for member in view.members()]


@pytest.mark.parametrize("data", [ARROW, FONT, WOFF, SHAPE], ids=["arrow", "font", "woff", "gltf"])
def test_what_follows_is_a_member(data: bytes) -> None:
    """The end is found by the format's own account of it."""
    assert after(data) == []
    assert after(data + PICKLE) == [(len(data), PICKLE)]


def test_what_follows_a_database_is_a_member(database: bytes) -> None:
    """SQLite itself overlooks it."""
    assert after(database) == []
    assert after(database + PICKLE) == [(len(database), PICKLE)]


@pytest.mark.parametrize("data", [ARROW[:20], FONT[:14] + b"\xff" * 20, WOFF[:12], SHAPE[:12]])
def test_an_end_that_cannot_be_is_not_known(data: bytes) -> None:
    """A file that breaks off has none."""
    assert ends.read(Memory(data), Budget(), "m").end is None


def _message(kind: int, body: int) -> bytes:
    """A message of an Arrow stream: a FlatBuffer with a kind and the length of what follows."""
    fields = struct.pack("<HHHHHH", 12, 16, 0, 4, 0, 8)
    table = struct.pack("<iB3xq", 12, kind, body)
    described = struct.pack("<I", 16) + fields + table
    described += bytes(-len(described) % 8)
    return b"\xff\xff\xff\xff" + struct.pack("<I", len(described)) + described + bytes(body)


STREAM = _message(1, 0) + _message(3, 24) + b"\xff\xff\xff\xff\0\0\0\0"


def test_an_arrow_stream_ends_where_its_messages_do() -> None:
    """Data sets are saved in that form."""
    assert after(STREAM) == []
    assert after(STREAM + PICKLE) == [(len(STREAM), PICKLE)]
