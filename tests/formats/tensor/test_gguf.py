"""GGUF: keys, table and numbers are read in every version and byte order, and no claimed number is believed."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, Limits
from assay.formats.source import Memory
from assay.formats.tensor import ggml_file, gguf
from assay.formats.tensor.gguf import Array, Gguf, Text
from assay.formats.view import NotThisFormat

Pair = tuple[str, int, bytes]
Described = tuple[str, tuple[int, ...], int, int]


def made(
    pairs: list[Pair], table: list[Described], data: bytes = b"", *, version: int = 3, order: str = "<", align: int = 32
) -> bytes:
    """A file; shapes are given as in the file, the fastest axis first."""
    count = "I" if version == 1 else "Q"

    def text(value: str) -> bytes:
        return struct.pack(order + count, len(value)) + value.encode()

    body = b"GGUF" + struct.pack(order + "I" + 2 * count, version, len(table), len(pairs))
    for key, kind, value in pairs:
        body += text(key) + struct.pack(order + "I", kind) + value
    for name, shape, kind, offset in table:
        body += text(name) + struct.pack(order + "I" + len(shape) * count, len(shape), *shape)
        body += struct.pack(order + "IQ", kind, offset)
    return body + bytes(-len(body) % align) + data if table else body


def string(value: str) -> bytes:
    """A value of the string type."""
    return struct.pack("<Q", len(value)) + value.encode()


def read(data: bytes, limits: Limits | None = None) -> Gguf:
    """Read it."""
    return gguf.read(Memory(data), Budget(limits), "m.gguf")


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_version_and_byte_order(version: int, order: str) -> None:
    """Numbers are found where they are, row by row."""
    numbers = struct.pack(order + "6f", *range(6))
    key = ("general.file_type", 4, struct.pack(order + "I", 7))
    view = read(made([key], [("w", (3, 2), 0, 0)], numbers, version=version, order=order))
    assert (view.version, view.values, view.problems) == (version, {"general.file_type": 7}, [])
    (tensor,) = view.tensors()
    assert (tensor.name, tensor.shape, tensor.dtype, tensor.big_endian) == ("w", (2, 3), "float32", order == ">")
    assert tensor.source.read(0, 99) == numbers


def test_an_alignment_of_its_own_moves_the_numbers() -> None:
    """A good file that asks for 64 bytes is read; modelaudit 0.2.54 reads beside the numbers there."""
    pair = ("general.alignment", 4, struct.pack("<I", 64))
    view = read(made([pair], [("w", (4,), 0, 0)], b"\x01" * 16, align=64))
    assert next(view.tensors()).source.read(0, 16) == b"\x01" * 16
    assert not view.coverage.gaps


def test_blocks_are_measured() -> None:
    """Sixty-four numbers of Q4_0 are two blocks of 18 bytes."""
    view = read(made([], [("q", (64,), 2, 0)], bytes(36)))
    assert [tensor.source.size for tensor in view.tensors()] == [36]


def test_every_chat_template_is_a_member() -> None:
    """The plain one, and the named ones (CVE-2024-34359 is found in either); other strings are not."""
    pairs = [
        ("tokenizer.chat_template", 8, string("{{ a }}")),
        ("tokenizer.chat_template.tool_use", 8, string("{{ b }}")),
        ("tokenizer.chat_templates", 9, struct.pack("<IQ", 8, 1) + string("tool_use")),
        ("general.name", 8, string("plain")),
    ]
    members = list(read(made(pairs, [])).members())
    assert [(member.source.read(0, 99), member.expected) for member in members] == [
        (b"{{ a }}", ("jinja",)),
        (b"{{ b }}", ("jinja",)),
        (b"tool_use", ("jinja",)),
    ]


def test_all_types_of_values() -> None:
    """Numbers of every width, reals, truth values, texts, arrays and arrays in arrays."""
    inner = struct.pack("<IQ", 9, 1) + struct.pack("<IQ", 0, 2) + b"\x01\x02"
    pairs = [
        ("a", 0, b"\x05"), ("b", 11, struct.pack("<q", -5)), ("c", 6, struct.pack("<f", 0.5)), ("d", 7, b"\x01"),
        ("e", 8, string("x")), ("f", 9, inner), ("g", 9, struct.pack("<IQ", 8, 2) + string("y") + string("z")),
    ]  # fmt: skip
    values = read(made(pairs, [])).values
    assert (values["a"], values["b"], values["c"], values["d"]) == (5, -5, 0.5, 1)
    assert isinstance(values["e"], Text)
    assert values["f"] == Array(9, 1)
    assert values["g"] == Array(8, 2)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (made([("k", 8, struct.pack("<Q", 1 << 63))], []), "length of the value"),  # CVE-2024-23496
        (made([("k", 9, struct.pack("<IQ", 4, 1 << 62))], []), "length of the array"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60), "number of keys"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0), "number of tensors"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 61) + bytes(64), "length of a key"),
    ],
)
def test_a_number_that_claims_too_much_is_named(data: bytes, what: str) -> None:
    """Which number, where, and what it claims; nothing is allocated by it, and the file cannot be told."""
    view = read(data)
    assert view.excess is not None
    assert what in view.excess.what
    assert view.problems


def test_sizes_whose_product_overflows_are_exact() -> None:
    """CVE-2025-53630: 2**33 by 2**33 is 2**66 here, and not 4."""
    view = read(made([], [("w", (1 << 33, 1 << 33), 0, 0)], bytes(32)))
    assert view.entries[0].end == (view.data_start or 0) + (1 << 68)


def test_repeated_names_are_kept() -> None:
    """Keys and tensors; the first value of a key stands."""
    pairs = [("k", 0, b"\x01"), ("k", 0, b"\x02")]
    view = read(made(pairs, [("w", (1,), 0, 0), ("w", (1,), 0, 32)], bytes(64)))
    assert (view.values["k"], view.duplicate_keys, view.duplicate_names) == (1, ["k"], ["w"])


def test_what_no_tensor_covers_is_a_member() -> None:
    """Padding of zeros is the format's own; anything else between or behind is not."""
    table = [("a", (4,), 0, 0), ("b", (4,), 0, 64)]
    clean = bytes(16) + bytes(48) + bytes(16) + bytes(16)
    assert not list(read(made([], table, clean)).members())
    hidden = bytes(16) + bytes(16) + b"between".ljust(32, b"\0") + bytes(16) + bytes(16) + b"behind"
    assert len(list(read(made([], table, hidden)).members())) == 2


def test_arrays_in_arrays_end() -> None:
    """A tower of them is a problem at its fifth floor."""
    tower = b"".join(struct.pack("<IQ", 9, 1) for _ in range(1000))
    assert read(made([("k", 9, tower)], [])).problems


def test_a_version_from_the_future_is_told() -> None:
    """It cannot be read, which is not the same as being another format."""
    with pytest.raises(FormatError):
        read(b"GGUF" + struct.pack("<I", 4) + bytes(32))
    with pytest.raises(NotThisFormat):
        read(b"GGML" + bytes(32))


def test_the_older_files_are_numbers_as_a_whole() -> None:
    """What whisper.cpp writes is recognised and all of it is looked at."""
    view = ggml_file.read(Memory(b"lmgg" + bytes(100)), Budget(), "ggml-base.bin")
    assert [tensor.source.size for tensor in view.tensors()] == [100]


@given(st.binary(max_size=200), st.data())
def test_it_ends_on_any_bytes(noise: bytes, data: st.DataObject) -> None:
    """On noise behind the magic number and on a good file with some bytes changed."""
    pairs = [("general.alignment", 4, struct.pack("<I", 64)), ("t", 9, struct.pack("<IQ", 8, 1) + string("y"))]
    good = bytearray(made(pairs, [("w", (4,), 0, 0)], bytes(16), align=64))
    for _ in range(3):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    for candidate in (b"GGUF" + noise, bytes(good)):
        try:
            view = read(candidate, Limits(members=1000, held=1 << 20))
        except FormatError:
            continue
        assert all(part.source.size <= len(candidate) for part in (*view.tensors(), *view.members()))


def test_texts_among_the_values_are_members() -> None:
    """A credential in a description is published with the weights; a text too short for one is passed over."""
    pairs = [("general.description", 8, string("a note of some length")), ("general.name", 8, string("x"))]
    view = read(made(pairs, []))
    assert [(member.name, member.expected) for member in view.members()] == [("general.description", ("text",))]
