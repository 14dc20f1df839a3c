"""Numbers in a file beside the model: ranges that end where the file does, and ranges that do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.core.finding import Severity
from assay.formats.graph.tensorflow_checkpoint import Checkpoint, Entry
from assay.scan.repository import Repository
from assay.scan.rules import rules_for
from assay.scan.scanner import scan
from assay.scan.settings import Settings

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 4096\n"


def field(number: int, value: bytes | int) -> bytes:
    """A field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    """A whole number of any length."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def onnx(entries: dict[str, str], elements: int = 16) -> bytes:
    """A model with one tensor of floats in ``w.bin``."""
    pairs = {"location": "w.bin", **entries}
    outside = b"".join(field(13, field(1, key.encode()) + field(2, text.encode())) for key, text in pairs.items())
    tensor = field(1, elements) + field(2, 1) + field(8, b"w") + outside + field(14, 1)
    return field(1, 8) + field(7, field(2, b"g") + field(5, tensor)) + field(8, field(1, b"") + field(2, 13))


def openvino(offset: int, size: int) -> bytes:
    """A model with one constant."""
    return (
        f'<?xml version="1.0"?><net name="n" version="11"><layers><layer id="0" name="c" type="Const" version="opset1">'
        f'<data element_type="f32" offset="{offset}" shape="4" size="{size}"/></layer></layers><edges/></net>'
    ).encode()


def coreml(offset: int) -> bytes:
    """A program with one blob in ``w.bin``."""
    blob = field(5, field(1, b"@model_path/w.bin") + field(2, offset))
    operation = field(1, b"const") + field(5, field(1, b"val") + field(2, blob))
    block = field(1, b"CoreML7") + field(2, field(3, operation))
    function = field(3, block)
    program = field(1, 1) + field(2, field(1, b"main") + field(2, function))
    return field(1, 8) + field(502, program)


def tfjs(shape: list[int]) -> bytes:
    """A layers model with one weight in two files."""
    weights = [{"name": "k", "shape": shape, "dtype": "float32"}]
    return json.dumps(
        {"modelTopology": {}, "weightsManifest": [{"paths": ["w.bin", "v.bin"], "weights": weights}]}
    ).encode()


FITS: list[tuple[str, bytes]] = [
    ("m.onnx", onnx({"offset": "0", "length": "64"})),
    ("m.onnx", onnx({})),
    ("w.xml", openvino(0, 64)),
    ("m.mlmodel", coreml(0)),
    ("model.json", tfjs([4, 8])),
]
BEYOND: list[tuple[str, str, bytes]] = [
    ("onnx-external-out-of-range", "m.onnx", onnx({"offset": "4", "length": "64"})),
    ("onnx-external-out-of-range", "m.onnx", onnx({"offset": "4"})),
    ("onnx-external-out-of-range", "m.onnx", onnx({}, elements=17)),
    ("onnx-external-out-of-range", "m.onnx", onnx({"offset": "-4096", "length": "64"})),
    ("onnx-external-out-of-range", "m.onnx", onnx({"offset": str((1 << 64) - 64), "length": "64"})),
    ("openvino-out-of-range", "w.xml", openvino(8, 64)),
    ("coreml-out-of-range", "m.mlmodel", coreml(4096)),
    ("tfjs-out-of-range", "model.json", tfjs([4, 9])),
]


def rules_in(folder: Path) -> dict[str, Severity]:
    """Rules about ranges that a scan of the folder names."""
    findings, _, _ = scan([str(folder)], Settings(), jobs=1)
    return {found.rule: found.severity for found in findings if found.rule.endswith("out-of-range")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with 64 bytes of numbers, and as many again."""
    (tmp_path / "w.bin").write_bytes(bytes(64))
    (tmp_path / "v.bin").write_bytes(bytes(64))
    return tmp_path


@pytest.mark.parametrize(("name", "model"), FITS)
def test_a_range_that_ends_with_its_file_is_none(folder: Path, name: str, model: bytes) -> None:
    """To the last byte."""
    (folder / name).write_bytes(model)
    assert rules_in(folder) == {}


@pytest.mark.parametrize(("rule", "name", "model"), BEYOND)
def test_a_range_beyond_its_file_is_found(folder: Path, rule: str, name: str, model: bytes) -> None:
    """By a few bytes or by far; a range before the file as well."""
    (folder / name).write_bytes(model)
    assert rules_in(folder) == {rule: Severity.HIGH}


@pytest.mark.parametrize(("rule", "name", "model"), [case for case in BEYOND if b"-4096" not in case[2]])
def test_a_file_that_is_not_there_is_no_finding(folder: Path, rule: str, name: str, model: bytes) -> None:
    """Nor is one that a pointer stands for until it is fetched."""
    del rule
    (folder / name).write_bytes(model)
    (folder / "w.bin").write_bytes(POINTER)
    assert rules_in(folder) == {}
    (folder / "w.bin").unlink()
    assert rules_in(folder) == {}


@pytest.mark.parametrize(("size", "fires"), [(100, False), (99, True)])
def test_a_variable_beyond_its_shard_is_found(size: int, fires: bool) -> None:
    """Each shard is held against the variables in it."""
    index = Checkpoint("v")
    index.shards = 2
    index.entries += [Entry("a", "float32", (5,), 1, 80, 20), Entry("b", "float32", (20,), 1, 0, 80)]
    facts = {"m/v.index": tuple(index.facts())}
    sizes = {"m/v.index": 10, "m/v.data-00000-of-00002": 0, "m/v.data-00001-of-00002": size}
    view = Repository(tuple(sorted(sizes)), facts, {}, sizes=sizes)
    (rule,) = [rule for rule in rules_for("repository") if rule.id == "tensorflow-out-of-range"]
    assert bool(list(rule.check(view))) is fires


def test_a_length_that_belies_the_shape_is_found(folder: Path) -> None:
    """One reader goes by the length, another by the shape."""
    (folder / "m.onnx").write_bytes(onnx({"offset": "0", "length": "32"}))
    findings, _, _ = scan([str(folder)], Settings(), jobs=1)
    assert "onnx-broken-tensor" in {found.rule for found in findings}


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("model.json", tfjs([10**29] * 400)),
        ("model.json", tfjs([-4, 4])),
        ("m.onnx", onnx({"offset": "9" * 5000})),
        ("m.onnx", onnx({"length": "9" * 5000})),
        ("m.onnx", onnx({}).replace(field(1, 16), b"".join(field(1, 1 << 62) for _ in range(300)))),
    ],
)
def test_numbers_of_any_length_break_nothing(folder: Path, name: str, model: bytes) -> None:
    """Products of sizes, and texts of digits, are as long as a file likes."""
    (folder / name).write_bytes(model)
    _, unknown, _ = scan([str(folder)], Settings(), jobs=1)
    assert not [reason for reason in unknown if "please report" in reason.reason]
