"""Safetensors: what the header declares is measured against what is there, and nothing between goes unseen."""

from __future__ import annotations

import base64
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, Limits
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.tensor import safetensors
from assay.formats.tensor.safetensors import Safetensors
from assay.formats.tensor.signatures import SIGNATURES
from assay.formats.view import NotThisFormat


def made(header: object, data: bytes) -> bytes:
    """A file with this header, written as JSON unless it is bytes already."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(begin: int, end: int, dtype: str = "F32", shape: list[int] | None = None) -> dict[str, object]:
    """A tensor of the header."""
    return {"dtype": dtype, "shape": [(end - begin) // 4] if shape is None else shape, "data_offsets": [begin, end]}


def read(data: bytes, name: str = "m.safetensors", limits: Limits | None = None) -> Safetensors:
    """Read it."""
    return safetensors.read(Memory(data), Budget(limits), name)


def test_tensors_are_windows_on_their_numbers() -> None:
    """Name, type, shape and exactly the bytes of each tensor, in the order of the file."""
    view = read(made({"__metadata__": {"format": "pt"}, "b": entry(8, 16), "a": entry(0, 8)}, bytes(range(16))))
    assert [(tensor.name, tensor.dtype, tensor.shape) for tensor in view.tensors()] == [
        ("a", "float32", (2,)),
        ("b", "float32", (2,)),
    ]
    assert [tensor.source.read(0, 99) for tensor in view.tensors()] == [bytes(range(8)), bytes(range(8, 16))]
    assert view.metadata == {"format": "pt"}
    assert not view.problems
    assert not list(view.members())


def test_what_lies_in_a_hole_is_a_member() -> None:
    """A payload between two tensors, and one behind the last, come out byte for byte."""
    view = read(made({"a": entry(0, 4), "b": entry(8, 12)}, b"AAAAhideBBBBtail"))
    assert [(member.source.read(0, 99), member.offset) for member in view.members()] == [
        (b"hide", view.data_start + 4),
        (b"tail", view.data_start + 12),
    ]


def test_a_hole_of_zeros_is_told_but_holds_nothing() -> None:
    """It is in the coverage, and no member."""
    view = read(made({"a": entry(0, 4), "b": entry(8, 12)}, bytes(12)))
    assert [(gap.zeros, gap.trailing) for gap in view.coverage.gaps] == [(True, False)]
    assert not list(view.members())


def test_a_repeated_key_is_seen_at_any_depth() -> None:
    """JSON's objects forget repeated keys; this reader does not."""
    inner = b'{"dtype":"F32","shape":[1],"data_offsets":[0,4],"data_offsets":[4,8]}'
    view = read(made(b'{"w":' + inner + b',"w":' + inner + b"}", bytes(8)))
    assert sorted(view.duplicates) == ["data_offsets", "data_offsets", "w"]


@pytest.mark.parametrize("shape", [[1 << 40], [1 << 33, 1 << 33], [3], [1] * 65])
def test_sizes_that_do_not_fit_are_kept_as_they_are(shape: list[int]) -> None:
    """No product overflows, nothing is allocated by a claimed size."""
    view = read(made({"w": entry(0, 16, shape=shape)}, bytes(16)))
    assert view.malformed or view.entries[0].expected != 16


@pytest.mark.parametrize(
    "broken",
    [
        {"w": [1]},
        {"w": {"dtype": 1, "shape": [1], "data_offsets": [0, 4]}},
        {"w": entry(0, 4) | {"shape": [-1]}},
        {"w": entry(0, 4) | {"shape": [True]}},
        {"w": entry(0, 4) | {"data_offsets": [4, 0]}},
        {"w": entry(0, 4) | {"data_offsets": [0]}},
        {"__metadata__": [1]},
    ],
)
def test_what_is_no_description_is_malformed(broken: object) -> None:
    """Each is told by name; nothing is guessed."""
    view = read(made(broken, bytes(4)))
    assert len(view.malformed) == 1
    assert not view.entries


def test_a_header_longer_than_the_file_cannot_be_told() -> None:
    """A claim of 2**62 bytes allocates nothing and is a problem, not silence."""
    view = read(struct.pack("<Q", 1 << 62) + b'{"w": {"dtype": "F32", "data_offsets"')
    assert view.header_truncated
    assert view.problems


def test_a_header_of_too_many_entries_meets_the_limit() -> None:
    """It is counted before it is parsed."""
    view = read(made({str(number): entry(0, 0) for number in range(50)}, b""), limits=Limits(members=20))
    assert "LIMIT members" in view.problems[0].what


def test_a_header_nested_beyond_reason_ends() -> None:
    """A hundred thousand brackets exhaust no stack."""
    view = read(made(b"{" + b'"a":[' + b"[" * 100_000, b""))
    assert view.problems


def test_hidden_bytes_in_the_metadata_are_a_member() -> None:
    """A pickle in base 64 is decoded; a thumbnail and plain notes are texts like others."""
    pickled = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R."
    notes = {"loader": base64.b64encode(pickled).decode(), "note": "trained on 8 GPUs", "hash": "ab" * 32}
    view = read(made({"__metadata__": notes, "w": entry(0, 4)}, bytes(4)))
    members = [(member.name, member.source.read(0, 99)) for member in view.members() if not member.expected]
    assert members == [("__metadata__/loader", pickled)]


def test_other_bytes_are_another_format() -> None:
    """A pickle under the name of a safetensors file is left to the pickle reader."""
    with pytest.raises(NotThisFormat):
        read(b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00N.")


def test_content_is_recognised_under_any_name() -> None:
    """A name only ever makes it look closer."""
    signature = next(signature for signature in SIGNATURES if signature.name == "safetensors")
    good = made({"w": entry(0, 4)}, bytes(4))
    assert signature.claims(Head(Memory(good), "x.bin")) is Claim.CERTAIN
    assert signature.claims(Head(Memory(struct.pack("<Q", 1 << 62) + b"{"), "x.safetensors")) is Claim.PLAUSIBLE
    assert signature.claims(Head(Memory(b"a text {}"), "x.txt")) is Claim.NO


@given(st.binary(max_size=200), st.data())
def test_it_ends_on_any_bytes(noise: bytes, data: st.DataObject) -> None:
    """On noise and on a good file with some bytes changed: a view, or an error of the format's own."""
    good = bytearray(made({"a": entry(0, 4), "b": entry(4, 8)}, bytes(8)))
    for _ in range(3):
        place = data.draw(st.integers(0, len(good) - 1))
        good[place] = data.draw(st.integers(0, 255))
    for candidate in (noise, bytes(good)):
        try:
            view = read(candidate, limits=Limits(members=1000, held=1 << 20))
        except FormatError:
            continue
        assert all(part.source.size <= len(candidate) for part in (*view.tensors(), *view.members()))
