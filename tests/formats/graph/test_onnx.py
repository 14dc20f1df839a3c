"""ONNX models are recognised from content and walked to the end, whatever the order of their fields."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, Limits
from assay.formats.graph.claims import SIGNATURES
from assay.formats.graph.onnx import read
from assay.formats.graph.onnx_view import Onnx
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

ONNX = next(signature for signature in SIGNATURES if signature.name == "onnx")


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def part(number: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return varint(number << 3 | 2) + varint(len(data)) + data


TENSOR = b"\x08\x02\x10\x01" + part(8, b"w") + part(9, bytes(range(8)))
OUTSIDE = b"\x08\x02\x10\x01" + part(8, b"v") + part(13, part(1, b"location"), part(2, b"m.data")) + b"\x70\x01"
NODE = part(1, part(3, b"n"), part(4, b"Relu"))
GRAPH = part(7, NODE, part(5, TENSOR), part(5, OUTSIDE))
OPSET = part(8, part(1, b""), b"\x10\x11")
MODEL = b"\x08\x08" + OPSET + GRAPH


def claim(data: bytes, name: str = "model.bin") -> Claim:
    return ONNX.claims(Head(Memory(data), name))


def opened(data: bytes, name: str = "model.bin") -> Onnx:
    return read(Memory(data), Budget(), name)


def test_a_model_is_known_by_its_content() -> None:
    """A model under another name is a model."""
    assert claim(MODEL) is Claim.CERTAIN


@pytest.mark.parametrize("data", [b"", b"\x80\x04.", b"PK\x03\x04" + bytes(60), b"GGUF" + bytes(40), b'{"a": 1}'])
def test_other_formats_are_not_claimed(data: bytes) -> None:
    """Nobody reads a pickle as a model because nothing speaks against it."""
    assert not claim(data)


def test_a_field_that_nobody_knows_hides_nothing() -> None:
    """Parsers skip unknown fields of any length, so recognition does."""
    data = part(1000, bytes(9000)) + MODEL
    assert claim(data)
    assert opened(data).ir_version == 8


def test_a_graph_that_stands_twice_is_read_twice() -> None:
    """Parsers merge singular messages, so both parts count."""
    view = opened(MODEL + part(7, part(1, part(4, b"Exec"))))
    assert {operator.name for operator in view.operators} == {"Relu", "Exec"}


def test_numbers_are_reached_where_they_lie() -> None:
    """A tensor is a window on the file, with its shape and type."""
    (tensor,) = opened(MODEL).tensors()
    assert (tensor.name, tensor.dtype, tensor.shape, tensor.source.read(0, 99)) == (
        "w",
        "float32",
        (2,),
        bytes(range(8)),
    )


def test_files_beside_the_model_are_told() -> None:
    """The scanner hears of them, and covers them."""
    weights, ranges = opened(MODEL).facts()
    assert (weights.kind, weights.value) == ("weights", "m.data")
    assert (ranges.kind, json.loads(ranges.value)[-1]) == ("reads", ["m.data"])


def test_a_single_tensor_is_read_too() -> None:
    """Test data of models are bare tensors, and these can name files as well."""
    assert len(list(opened(TENSOR, "input_0.pb").tensors())) == 1
    assert opened(OUTSIDE, "x").externals[0].named("location") == "m.data"


def test_plain_numbers_of_an_attribute_are_left_out_quickly() -> None:
    """A forest has millions of them, each a field of its own; what stands behind them is still seen."""
    numbers = b"".join(b"\x40" + varint(value) for value in range(200_000)) + b"\x3d\0\0\x80\x3f" * 50_000
    branch = part(6, part(5, OUTSIDE))
    group = b"\x93\x06\x08\x01\x94\x06"
    data = b"\x08\x08" + OPSET + part(7, part(1, part(4, b"TreeEnsembleClassifier"), part(5, numbers, group, branch)))
    assert [external.tensor for external in opened(data).externals] == ["TreeEnsembleClassifier//v"]


def test_what_was_read_before_a_break_stands() -> None:
    """A model that ends in the middle is told as such, with what it named until then."""
    view = opened(b"\x08\x08" + OPSET + part(7, NODE, part(5, OUTSIDE)[:-3]))
    assert view.problems
    assert view.operators
    assert opened(MODEL[:-1]).problems


def test_graphs_in_graphs_end() -> None:
    """Nesting without end is a limit, not a crash."""
    inner = NODE
    for _ in range(200):
        inner = part(1, part(5, part(6, inner)))
    assert "deep" in opened(b"\x08\x08" + OPSET + part(7, inner)).problems[0].what


def test_nodes_are_counted() -> None:
    """A million of them are a limit."""
    view = read(Memory(b"\x08\x08" + OPSET + part(7, NODE * 300)), Budget(Limits(members=100)), "x")
    assert view.problems[0].what.startswith("LIMIT members")


def test_other_bytes_are_refused() -> None:
    """Bytes without a graph are another format."""
    with pytest.raises(NotThisFormat):
        opened(b"\x08\x08\x12\x01x")


@given(st.binary(max_size=300), st.integers(0, len(MODEL)), st.integers(0, 20))
def test_any_bytes_end(noise: bytes, place: int, cut: int) -> None:
    """Whatever is put into a model, reading it ends in a view or a FormatError."""
    for data in (noise, MODEL[:place] + noise + MODEL[place + cut :]):
        claim(data)
        try:
            list(opened(data).tensors())
        except FormatError:
            continue


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x10\x01\x42\x01a\x4a\x04" + bytes(4), "input_0.pb"),
        (b"\x10\x07\x42\x03len\x4a\x08" + bytes(8), "output_0.pb"),
        (b"\x08\x01\x10\x08\x32\x00\x42\x01y", "output_0.pb"),
    ],
    ids=["float", "integer", "empty text"],
)
def test_a_tensor_without_axes(data: bytes, name: str) -> None:
    """Test data of models are such: a type, a name, one number."""
    signature = next(each for each in SIGNATURES if each.name == "onnx")
    assert signature.claims(Head(Memory(data), name))
    assert not signature.read(Memory(data), Budget(), name).problems


def test_a_tensor_without_axes_has_one_number() -> None:
    """Five bytes are no 32-bit number, and a field that no tensor has makes it something else."""
    for data in (b"\x10\x01\x42\x01a\x4a\x05" + bytes(5), b"\x10\x01\x42\x01a\x4a\x04" + bytes(4) + b"\x78\x01"):
        assert not next(each for each in SIGNATURES if each.name == "onnx").claims(Head(Memory(data), "x.bin"))


def declared(name: bytes, *sizes: bytes, kind: int = 1, number: int = 13) -> bytes:
    """A value of the graph with its type and shape."""
    shape = part(2, *(part(1, size) for size in sizes))
    return part(number, part(1, name), part(2, part(1, bytes([8, kind]), shape)))


@pytest.mark.parametrize(
    "said",
    [
        declared(b"w", b"\x08\x03"),
        declared(b"w", b"\x08\x02", kind=7),
        declared(b"w", b"\x08\x02", b"\x08\x01", number=11),
        declared(b"w", b"", b"\x08\x02"),
    ],
    ids=["another size", "another type", "another rank, among the inputs", "another rank, left open"],
)
@pytest.mark.parametrize("before", [False, True])
def test_a_tensor_that_is_declared_otherwise_is_told(said: bytes, before: bool) -> None:
    """Wherever in the graph the declaration stands."""
    graph = (said, part(5, TENSOR)) if before else (part(5, TENSOR), said)
    (fault,) = opened(b"\x08\x08" + OPSET + part(7, NODE, *graph)).faults
    assert fault.tensor == "w"
    assert "declared" in fault.what


@pytest.mark.parametrize(
    "said",
    [
        declared(b"w", b"\x08\x02"),
        declared(b"w", part(2, b"batch")),
        declared(b"other", b"\x08\x09"),
        part(13, part(1, b"w")),
        part(13, part(1, b"w"), part(2, part(4, part(1, b"\x08\x01")))),
    ],
    ids=["as it is", "left open", "another value", "no type", "a sequence"],
)
def test_a_tensor_that_is_declared_as_it_is_gives_nothing(said: bytes) -> None:
    """Also with sizes left open, and values that are no tensors."""
    assert not opened(b"\x08\x08" + OPSET + part(7, NODE, part(5, TENSOR), said)).faults


def test_a_tensor_whose_file_has_no_name_is_told() -> None:
    """Loaders differ about what they open then."""
    nameless = b"\x08\x02\x10\x01" + part(8, b"v") + part(13, part(1, b"location"), part(2, b"")) + b"\x70\x01"
    (fault,) = opened(b"\x08\x08" + OPSET + part(7, NODE, part(5, nameless))).faults
    assert "does not name it" in fault.what
