"""The readers of smaller graph formats: what they recognise, what they give, and that they end on any bytes."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, Limits
from assay.formats.graph import (
    coreml,
    coreml_weights,
    layers,
    mlpackage,
    mxnet,
    onnx_runtime,
    opaque,
    openvino,
    paddle,
    paddle_json,
    xml,
)
from assay.formats.graph.claims import SIGNATURES
from assay.formats.graph.mention import mentions_in, mentions_of
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def part(number: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return varint(number << 3 | 2) + varint(len(data)) + data


CORE_HEAD = b"\x08\x04" + part(2, b"")
CORE = CORE_HEAD + part(500, part(1, part(1, b"l"), part(500, part(10, b"MyLayer"))))
BLOB = part(5, part(1, b"@model_path/weights/weight.bin"), b"\x10\x40")
OPERATION = part(3, part(1, b"const"), part(5, part(1, b"val"), part(2, BLOB)))
PROGRAM = CORE_HEAD + part(
    502, b"\x08\x01", part(2, part(1, b"main"), part(2, part(3, part(1, b"x"), part(2, OPERATION))))
)
DESCRIPTION = b"\x08\x05\x10\x02"
PARAMETER = bytes(16) + struct.pack("<I", len(DESCRIPTION)) + DESCRIPTION + bytes(range(8))
BLOCK = part(
    1,
    b"\x08\x00\x10\x00",
    part(4, part(3, b"relu")),
    part(4, part(3, b"save"), part(4, part(1, b"file_path"), part(5, b"x"))),
)
NET = (
    b'<?xml version="1.0"?><net name="n" version="11"><layers><layer id="0" name="c" type="Const" version="opset1">'
    b'<data offset="0" size="4"/></layer></layers></net>'
)
SYMBOL = json.dumps(
    {
        "nodes": [{"op": "null", "name": "d", "inputs": []}, {"op": "relu", "name": "r", "inputs": [[0, 0, 0]]}],
        "heads": [],
    }
).encode()
ARRAYS = struct.pack("<QQQ", 0x112, 0, 1) + struct.pack("<IiIqiii", mxnet.ARRAY_V2, 0, 1, 2, 1, 0, 0) + bytes(8)
ARRAYS += struct.pack("<QQ", 1, 5) + b"arg:w"
PROTOTXT = b'name: "n"\nlayer {\n  name: "c"  # a comment with {\n  type: "Convolution"\n}\n'
CAFFE = part(1, b"n") + part(100, part(1, b"c"), part(2, b"ReLU"))
NCNN = b"7767517\n2 2\nInput data 0 1 data\nConvolution c 1 1 data out 0=8\n"
PACKAGE = json.dumps({"itemInfoEntries": {"a": {"path": "com.apple.CoreML/model.mlmodel"}}}).encode()

WEIGHTS = (
    struct.pack("<II", 1, 2).ljust(64, b"\0") + struct.pack("<IIQQ", 0xDEADBEEF, 2, 8, 128).ljust(64, b"\0") + bytes(8)
)
PIR = json.dumps({"base_code": {"magic": "pir"}, "program": {"regions": []}}).encode()
KNOWN = {
    "coreml": (CORE, "x"), "paddle": (BLOCK, "x"), "openvino": (NET, "x"), "mxnet": (SYMBOL, "x"),
    "caffe": (PROTOTXT, "x"), "ncnn": (NCNN, "x"), "tensorrt": (b"ftrt" + bytes(60), "x"),
    "rknn": (b"RKNN" + bytes(60), "x"), "cntk": (b"\x0a\x07version\x12\x00\x0a\x03uid\x12\x00", "x"),
    "xml": (b"<a/>", "x"), "mlpackage": (PACKAGE, "x"), "coreml-weights": (WEIGHTS, "x"), "paddle-json": (PIR, "x"),
}  # fmt: skip
EXTRA = {
    "mxnet": ARRAYS,
    "paddle": PARAMETER,
    "caffe": CAFFE,
    "coreml": PROGRAM,
    "cntk": "BCN".encode("utf-16-le") + bytes(20),
}
BY_NAME = {signature.name: signature for signature in SIGNATURES}


@pytest.mark.parametrize("name", KNOWN)
def test_a_format_is_known_by_its_content(name: str) -> None:
    """No file has to have the right ending to be inspected."""
    data, file = KNOWN[name]
    assert BY_NAME[name].claims(Head(Memory(data), file))
    BY_NAME[name].read(Memory(data), Budget(), file)


@pytest.mark.parametrize("name", EXTRA)
def test_a_second_form_is_known_too(name: str) -> None:
    """Parameters, programs and old forms are recognised like the rest."""
    assert BY_NAME[name].claims(Head(Memory(EXTRA[name]), "x"))
    BY_NAME[name].read(Memory(EXTRA[name]), Budget(), "x")


@pytest.mark.parametrize("data", [b"", b"\x80\x04.", b"import os\nprint(1)\n", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_other_formats_are_left_alone(data: bytes) -> None:
    """What is plainly something else is read by none of these."""
    for signature in SIGNATURES:
        if claim := signature.claims(Head(Memory(data), "x")):
            assert claim is Claim.PLAUSIBLE
            with pytest.raises(NotThisFormat):
                signature.read(Memory(data), Budget(), "x")


def test_weights_of_a_core_ml_program_are_told() -> None:
    """The scanner hears which file holds them, and how far it is read."""
    weights, ranges = coreml.read(Memory(PROGRAM), Budget(), "x").facts()
    assert (weights.kind, weights.value) == ("weights", "weights/weight.bin")
    assert (ranges.kind, json.loads(ranges.value)[2:]) == ("reads", [64, 64, ["weights/weight.bin"]])


def test_openvino_keeps_its_weights_beside_it() -> None:
    """A graph with constants needs the ``.bin`` of its own name."""
    weights, ranges = openvino.read(Memory(NET), Budget(), "m.xml").facts()
    assert (weights.kind, weights.value) == ("weights", "m.bin")
    assert (ranges.kind, json.loads(ranges.value)[-1]) == ("reads", ["m.bin"])


def test_data_of_an_outer_layer_is_not_its_bodys() -> None:
    """Layers in layers keep their own attributes."""
    body = b'<layer id="1" name="in" type="Const" version="opset1"><data offset="4" size="8"/></layer>'
    data = NET.replace(b"<data ", b'<data a="1"/><body><layers>' + body + b"</layers></body><data ")
    assert {(one.layer, one.offset) for one in openvino.read(Memory(data), Budget(), "x").constants} == {
        ("in", 4),
        ("c", 0),
    }


def test_parameters_are_tensors() -> None:
    """Numbers of Paddle and MXNet are reached where they lie."""
    (first, second) = paddle.read(Memory(PARAMETER * 2), Budget(), "x").tensors()
    assert (second.dtype, second.shape, second.source.read(0, 9)) == ("float32", (2,), bytes(range(8)))
    (array,) = mxnet.read(Memory(ARRAYS), Budget(), "x").tensors()
    assert (first.shape, array.name, array.shape) == ((2,), "arg:w", (2,))


def test_weights_of_a_core_ml_program_are_tensors() -> None:
    """Runs of numbers are reached where they lie, and what is none is told."""
    (blob,) = coreml_weights.read(Memory(WEIGHTS), Budget(), "x").tensors()
    assert (blob.dtype, blob.shape, blob.offset) == ("float32", (2,), 128)
    assert coreml_weights.read(Memory(WEIGHTS.ljust(300, b"x")), Budget(), "x").problems


def test_a_model_of_the_runtime_is_read() -> None:
    """A FlatBuffer of ONNX Runtime gives the view of a model."""
    root = (
        struct.pack("<I4sHHHH", 16, b"ORTM", 8, 8, 0, 4) + struct.pack("<iI", 8, 12) + struct.pack("<HHxxxxi", 4, 4, 8)
    )
    assert BY_NAME["ort"].claims(Head(Memory(root), "x")) is Claim.CERTAIN
    assert onnx_runtime.read(Memory(root), Budget(), "x").kind == "onnx"


def test_a_broken_parameter_is_a_problem() -> None:
    """What follows the first good tensor is not passed over."""
    assert paddle.read(Memory(PARAMETER + b"\0\0\0\0junk"), Budget(), "x").problems


def test_an_entity_is_never_expanded() -> None:
    """A bomb of entities stays as small as it is written, and an outside one is not fetched."""
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 60))
    text = f'<!DOCTYPE p [<!ENTITY e0 "x"><!ENTITY f SYSTEM "file:///etc/passwd">{bomb}]><p>&e59;&f;</p>'
    declared = xml.read(Memory(text.encode()), Budget(), "x").declared
    assert declared.references == {"e59": 1}
    assert [entity.system for entity in declared.entities if entity.system] == ["file:///etc/passwd"]


def test_deep_markup_is_a_limit() -> None:
    """Elements in elements without end are told of, not followed."""
    data = b"<net>" + b"<a>" * 2000
    assert openvino.read(Memory(data), Budget(), "x").problems[0].what.startswith("LIMIT depth")


def test_words_are_found_across_blocks_and_in_wide_text() -> None:
    """A command is seen wherever it stands in a large file, also as UTF-16."""
    for word in (b"os.system('id')", "os.system('id')".encode("utf-16-le")):
        data = bytes((1 << 20) - 7) + word + bytes(100)
        assert [mention.kind for mention in mentions_of(Memory(data), Budget())] == ["command"]


@pytest.mark.parametrize(
    "text",
    [
        "np.log(x)",
        "C(site)",
        "evaluation(x)",
        "my.so_called",
        "exec_time",
        "import date",
        "../",
        "position",
        "a/b c",
        "bash",
    ],
)
def test_ordinary_words_are_not_telling(text: str) -> None:
    """Names of features and layers are left alone."""
    assert not list(mentions_in(text))


SEEDS = [*(data for data, _ in KNOWN.values()), *EXTRA.values()]
READERS = [coreml.read, layers.read, mlpackage.read, mxnet.read, opaque.read, openvino.read, paddle.read, xml.read]
READERS += [coreml_weights.read, onnx_runtime.read, paddle_json.read]


@given(st.sampled_from(SEEDS), st.binary(max_size=40), st.integers(0, 200), st.integers(0, 20))
def test_any_bytes_end(seed: bytes, noise: bytes, place: int, cut: int) -> None:
    """Whatever is put into a file, reading it ends in a view or a FormatError."""
    for data in (noise, seed[:place] + noise + seed[place + cut :]):
        for signature in SIGNATURES:
            signature.claims(Head(Memory(data), "x"))
        for read in READERS:
            try:
                view = read(Memory(data), Budget(Limits(members=1000)), "x")
                list(view.tensors())
                list(view.facts())
            except FormatError:
                continue


def test_more_layers_than_are_kept_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the rest may run code; a network as it should be has nothing to be told."""
    monkeypatch.setattr(layers, "_KEPT", 3)
    for count, told in ((3, 0), (5, 1)):
        text = "".join(f'layer {{ name: "l{number}" type: "ReLU" }}\n' for number in range(count))
        view = layers.read(Memory(text.encode()), Budget(), "net.prototxt")
        assert len(view.layers) == 3
        assert ["LIMIT layers" in problem.what for problem in view.problems] == [True] * told
