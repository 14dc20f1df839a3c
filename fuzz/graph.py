"""Fuzz the readers of graph formats: ``python fuzz/graph.py READER [libFuzzer arguments]``.

A crash is any exception but :class:`~assay.core.errors.FormatError`; libFuzzer itself watches time and memory
(``-timeout=5 -rss_limit_mb=1024``). Needs ``atheris``.
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["assay"]):
    from assay.core.errors import FormatError
    from assay.formats.budget import Budget, Limits
    from assay.formats.graph import (
        coreml,
        coreml_weights,
        layers,
        mlpackage,
        mxnet,
        onnx,
        onnx_runtime,
        opaque,
        openvino,
        paddle,
        paddle_json,
        xml,
    )
    from assay.formats.graph.claims import SIGNATURES
    from assay.formats.signature import Head
    from assay.formats.source import Memory
    from assay.formats.view import View
    from assay.scan.rules import rules_for

LIMITS = Limits(seconds=4, members=10_000, held=16 << 20, expanded=64 << 20, opcodes=1_000_000)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _bytes(number: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _pair(key: bytes, value: bytes) -> bytes:
    return _bytes(1, key) + _bytes(2, value)


def _onnx() -> list[bytes]:
    tensor = _number(1, 2) + _number(2, 1) + _bytes(8, b"w") + _bytes(9, bytes(8))
    outside = _number(1, 4) + _number(2, 1) + _bytes(8, b"v") + _number(14, 1)
    outside += _bytes(13, _pair(b"location", b"../w.bin")) + _bytes(13, _pair(b"offset", b"0"))
    sparse = _bytes(15, _bytes(1, tensor), _bytes(2, tensor))
    body = _bytes(1, _bytes(4, b"Identity")) + _bytes(5, outside)
    branch = _bytes(5, _bytes(1, b"then_branch"), _bytes(6, body), _bytes(8, _varint(3)))
    node = _bytes(1, _bytes(3, b"n"), _bytes(4, b"If"), _bytes(7, b"com.x"), branch, _bytes(5, _bytes(5, tensor)))
    graph = _bytes(7, node, _bytes(2, b"g"), _bytes(5, tensor), _bytes(5, outside), sparse)
    function = _bytes(25, _bytes(1, b"F"), _bytes(7, _bytes(4, b"Add")), _bytes(10, b"d"))
    head = _number(1, 8) + _bytes(8, _bytes(1, b""), _number(2, 13))
    numbers = b"".join(_number(8, each) for each in range(3000))
    large = _bytes(7, _bytes(1, _bytes(5, _bytes(1, b"ints"), numbers, _bytes(6, body))))
    return [head + graph + function, head + large + _bytes(20, _bytes(1, body)), tensor, outside]


def _coreml() -> list[bytes]:
    layer = _bytes(1, _bytes(1, b"l"), _bytes(500, _bytes(10, b"Custom")))
    blob = _bytes(5, _bytes(1, b"@model_path/weights/weight.bin"), _number(2, 64))
    operation = _bytes(3, _bytes(1, b"const"), _bytes(5, _bytes(1, b"val"), _bytes(2, blob)))
    function = _bytes(3, _bytes(1, b"CoreML7"), _bytes(2, operation))
    program = _bytes(502, _number(1, 1), _bytes(2, _bytes(1, b"main"), _bytes(2, function)))
    head = _number(1, 4) + _bytes(2, b"")
    network = _bytes(500, layer)
    pipeline = _bytes(202, _bytes(1, head + network))
    linked = _bytes(556, _bytes(1, _bytes(1, _bytes(2, b"x"))))
    return [head + network, head + program, head + pipeline, head + linked, head + _bytes(555, _bytes(10, b"C"))]


def _coreml_weights() -> list[bytes]:
    blob = struct.pack("<IIQQ", 0xDEADBEEF, 1, 4, 128).ljust(64, b"\0") + bytes(4)
    return [struct.pack("<II", 1, 2).ljust(64, b"\0") + blob]


def _paddle() -> list[bytes]:
    attribute = _bytes(4, _bytes(1, b"file_path"), _number(2, 2), _bytes(5, b"../x"))
    block = _bytes(1, _number(1, 0), _number(2, 0), _bytes(4, _bytes(3, b"py_func"), attribute))
    description = _number(1, 5) + _number(2, 2)
    parameters = bytes(16) + struct.pack("<I", len(description)) + description + bytes(8)
    return [block, parameters * 2]


def _paddle_json() -> list[bytes]:
    operator = {"#": "1.save", "A": [{"N": "file_path", "AT": {"#": "0.a_str", "D": "../x"}}], "I": [], "O": []}
    program = {"regions": [{"blocks": [{"ops": [operator]}]}]}
    return [json.dumps({"base_code": {"magic": "pir"}, "program": program}).encode()]


def _onnx_runtime() -> list[bytes]:
    # A root whose slot 1 is a table without fields.
    root = struct.pack("<I4sHHHH", 16, b"ORTM", 8, 8, 0, 4) + struct.pack("<iI", 8, 12)
    return [root + struct.pack("<HHxxxxi", 4, 4, 8)]


def _openvino() -> list[bytes]:
    layer = b'<layer id="0" name="c" type="Const" version="opset1"><data offset="0" size="4"/></layer>'
    return [b'<?xml version="1.0"?><net name="n" version="11"><layers>' + layer + b"</layers></net>"]


def _xml() -> list[bytes]:
    return [
        b'<!DOCTYPE p [<!ENTITY a "b"><!ENTITY x SYSTEM "file:///etc/passwd">]><p>&a;&x;</p>',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><?s t?><a:b xmlns:a="x" c="d">e<!--f--></a:b>',
    ]


def _mxnet() -> list[bytes]:
    node = {"op": "Custom", "name": "c", "attrs": {"op_type": "x"}, "inputs": [[0, 0, 0]]}
    graph = {"nodes": [{"op": "null", "name": "data", "inputs": []}, node], "arg_nodes": [0], "heads": [[1, 0, 0]]}
    array = struct.pack("<IiIqiii", mxnet.ARRAY_V2, 0, 1, 2, 1, 0, 0) + bytes(8)
    arrays = struct.pack("<QQQ", 0x112, 0, 1) + array + struct.pack("<QQ", 1, 1) + b"w"
    return [json.dumps(graph).encode(), arrays]


def _layers() -> list[bytes]:
    layer = _bytes(100, _bytes(1, b"p"), _bytes(2, b"Python"), _bytes(130, _bytes(1, b"m"), _bytes(2, b"L")))
    return [
        b'name: "n"\nlayer { name: "p" type: "Python" python_param { module: "m" layer: "L" } }\n',
        b"7767517\n2 2\nInput data 0 1 data\nConvolution c 1 1 data out 0=8\n",
        _bytes(1, b"n") + layer,
    ]


def _opaque() -> list[bytes]:
    return [b"ftrt" + bytes(32) + b"plugin=../libevil.so\0", b"RKNN" + bytes(16), "BCN os.system(".encode("utf-16-le")]


def _mlpackage() -> list[bytes]:
    item = {"author": "a", "name": "m", "path": "com.apple.CoreML/model.mlmodel"}
    return [json.dumps({"fileFormatVersion": "1.0.0", "itemInfoEntries": {"x": item}}).encode()]


Reader = Callable[..., View]
TARGETS: dict[str, tuple[Reader, str, Callable[[], list[bytes]]]] = {
    "onnx": (onnx.read, "x.onnx", _onnx),
    "coreml": (coreml.read, "x.mlmodel", _coreml),
    "coreml_weights": (coreml_weights.read, "weight.bin", _coreml_weights),
    "paddle_json": (paddle_json.read, "x.json", _paddle_json),
    "onnx_runtime": (onnx_runtime.read, "x.ort", _onnx_runtime),
    "paddle": (paddle.read, "x.pdmodel", _paddle),
    "openvino": (openvino.read, "x.xml", _openvino),
    "xml": (xml.read, "x.xml", _xml),
    "mxnet": (mxnet.read, "x-symbol.json", _mxnet),
    "layers": (layers.read, "x", _layers),
    "opaque": (opaque.read, "x.engine", _opaque),
    "mlpackage": (mlpackage.read, "Manifest.json", _mlpackage),
}


def main() -> None:
    """Run one reader's target on seeds of its own."""
    read, name, seeds = TARGETS[sys.argv.pop(1)]

    def one(data: bytes) -> None:
        source = Memory(data)
        for signature in SIGNATURES:
            signature.claims(Head(source, name))
        try:
            view = read(source, Budget(LIMITS), name)
            for member in view.members():
                member.source.read(0, 64)
            for tensor in view.tensors():
                tensor.source.read(0, 64)
            list(view.facts())
            for rule in rules_for(view.kind):
                list(rule.check(view))
        except FormatError:
            return

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds()):
            Path(corpus, str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], "-timeout=5", "-rss_limit_mb=1024", *sys.argv[1:], corpus], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
