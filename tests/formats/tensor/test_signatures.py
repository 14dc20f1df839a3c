"""Recognising tensor formats: from content, at any length, without ever raising."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.tensor.signatures import SIGNATURES

STARTS = {
    "gguf": b"GGUF\x03\x00\x00\x00",
    "ggml": b"tjgg\x03\x00\x00\x00",
    "npy": b"\x93NUMPY\x01\x00\x02\x00",
    "torch-legacy": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.",
    "torch": b"PK\x03\x04" + bytes(26) + b"archive/data.pkl",
    "npz": b"PK\x03\x04" + bytes(26) + b"weights.npy",
    "joblib-zfile": b"ZF0x5a",
    "msgpack": b"\x81\xa6params\x80",
    "safetensors": b"\x20\x00\x00\x00\x00\x00\x00\x00" + b'{"__metadata__":{"format":"pt"}}',
}


def claimed(data: bytes, name: str = "x") -> set[str]:
    """Every format that claims the bytes."""
    return {signature.name for signature in SIGNATURES if signature.claims(Head(Memory(data), name)) is not Claim.NO}


@pytest.mark.parametrize("name", STARTS)
def test_the_first_bytes_are_enough(name: str) -> None:
    """Under any name, and at every cut without an error."""
    assert claimed(STARTS[name]) == {name}
    for cut in range(len(STARTS[name])):
        claimed(STARTS[name][:cut])


def test_a_computed_magic_number_is_looked_at() -> None:
    """picklescan's bypass: the second pickle is PyTorch's version, however the first makes the magic number."""
    assert "torch-legacy" in claimed(b"\x80\x02cbuiltins\neval\n(S'1'\ntR.\x80\x02M\xe9\x03.")


def test_a_part_of_a_tar_is_known_by_its_name() -> None:
    """The name is a reason to read more."""
    assert claimed(b"\x80\x02K\x00.", "storages") == {"torch-tar"}
    assert claimed(b"\x80\x02K\x00.", "other") == set()


def test_a_title_and_a_reader_for_each() -> None:
    """What is claimed can be read."""
    for signature in SIGNATURES:
        assert signature.title
        assert callable(signature.read)


@given(st.binary(max_size=64), st.sampled_from(["x.safetensors", "x.msgpack", "storages", "x.npz", "x"]))
def test_no_bytes_make_it_raise(data: bytes, name: str) -> None:
    """Whatever the bytes and the name."""
    assert "raw-tensor" not in claimed(data, name)
