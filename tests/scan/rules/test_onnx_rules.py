"""Each rule over ONNX models: what fires it, and a twin that does not."""

from __future__ import annotations

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.graph.onnx import read
from assay.formats.source import Memory
from assay.scan.rules import rules_for


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def part(number: int, *parts: bytes | str) -> bytes:
    data = b"".join(each.encode() if isinstance(each, str) else each for each in parts)
    return varint(number << 3 | 2) + varint(len(data)) + data


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def tensor(name: str = "w", dims: tuple[int, ...] = (2,), raw: bytes | None = None, **external: str) -> bytes:
    data = b"".join(number(1, size) for size in dims) + number(2, 1) + part(8, name)
    data += b"".join(part(13, part(1, key), part(2, value)) for key, value in external.items())
    if external:
        data += number(14, 1)
    return data + (part(9, raw) if raw is not None else b"")


def node(op: str, domain: str = "", *attributes: bytes) -> bytes:
    return part(1, part(3, "n"), part(4, op), part(7, domain), *(part(5, each) for each in attributes))


def model(*graph: bytes, functions: bytes = b"") -> bytes:
    return number(1, 8) + part(7, *graph, part(2, "g")) + part(8, part(1, ""), number(2, 17)) + functions


def text(name: str, value: str) -> bytes:
    return part(1, name) + part(4, value)


def found(data: bytes) -> dict[str, Severity]:
    """Rule → the worst it says."""
    view = read(Memory(data), Budget(), "m.onnx")
    assert not view.problems
    hits = [(rule, hit) for rule in rules_for("onnx") for hit in rule.check(view)]
    worst: dict[str, Severity] = {}
    for rule, hit in hits:
        severity = rule.severity if hit.severity is None else hit.severity
        worst[rule.id] = max(severity, worst.get(rule.id, Severity.INFO))
    return worst


OUT = {"offset": "0", "length": "8"}
LOCAL_FUNCTION = part(25, part(1, "Mine"), part(10, "my.own"), part(7, part(4, "Add")))

BAD = {
    "CVE-2022-25882 a path that climbs out": (
        model(part(5, tensor(location="../../../../etc/passwd", **OUT))), "onnx-external-path-escape", Severity.HIGH,
    ),
    "CVE-2024-27318 an absolute path": (
        model(part(5, tensor(location="/etc/passwd", **OUT))), "onnx-external-path-escape", Severity.HIGH,
    ),
    "a path with the other system's slash": (
        model(part(5, tensor(location="..\\..\\secret", **OUT))), "onnx-external-path-escape", Severity.HIGH,
    ),
    "a drive": (model(part(5, tensor(location="C:secret", **OUT))), "onnx-external-path-escape", Severity.HIGH),
    "CVE-2026-34447 an address": (
        model(part(5, tensor(location="http://x/y", **OUT))), "onnx-external-path-escape", Severity.HIGH,
    ),
    "a path in a subgraph": (
        model(node("If", "", part(1, "then_branch") + part(6, part(5, tensor(location="../x", **OUT))))),
        "onnx-external-path-escape", Severity.HIGH,
    ),
    "a path in a constant's attribute": (
        model(node("Constant", "", part(1, "value") + part(5, tensor(location="../x", **OUT)))),
        "onnx-external-path-escape", Severity.HIGH,
    ),
    "a path in a function's node": (
        model(
            functions=part(25, part(1, "F"), part(7, part(4, "C"), part(5, part(5, tensor(location="../x", **OUT)))))
        ),
        "onnx-external-path-escape", Severity.HIGH,
    ),
    "a path in training information": (
        model() + part(20, part(1, part(5, tensor(location="../x", **OUT)))),
        "onnx-external-path-escape", Severity.HIGH,
    ),
    "a path in a sparse initialiser": (
        model(part(15, part(1, tensor(location="../x", **OUT)))), "onnx-external-path-escape", Severity.HIGH,
    ),
    "CVE-2025-51480 a base path": (
        model(part(5, tensor(location="x", basepath="../../home", **OUT))), "onnx-external-path-escape", Severity.HIGH,
    ),
    "a compiled part elsewhere": (
        model(node("EPContext", "com.microsoft", text("ep_cache_context", "../../x.bin"))),
        "onnx-external-path-escape", Severity.HIGH,
    ),
    "an address in memory": (
        model(part(5, tensor(location="*/_ORT_MEM_ADDR_/*", offset="94121860214784", length="8"))),
        "onnx-memory-address", Severity.CRITICAL,
    ),
    "CVE-2026-34445 a key that is an attribute": (
        model(part(5, tensor(location="x", __class__="y"))), "onnx-external-attribute", Severity.HIGH,
    ),
    "a length that no file has": (
        model(part(5, tensor(location="x", length="99999999999999999"))), "onnx-external-attribute", Severity.MEDIUM,
    ),
    "an operator that calls Python": (
        model(node("PyOp", "com.microsoft", text("module", "os"), text("compute", "system"))),
        "onnx-python-operator", Severity.CRITICAL,
    ),
    "an operator of nobody's domain": (model(node("RunShell", "com.evil")), "onnx-custom-operator", Severity.MEDIUM),
    "an operator of the extensions' domain that they lack": (
        model(node("Exec", "ai.onnx.contrib")), "onnx-custom-operator", Severity.MEDIUM,
    ),
    "an operator of a vendor's domain": (model(node("NMS", "trt.plugins")), "onnx-custom-operator", Severity.LOW),
    "an operator that the standard lacks": (model(node("Exec")), "onnx-unknown-operator", Severity.LOW),
    "a compiled part": (model(node("EPContext", "com.microsoft")), "onnx-compiled-part", Severity.LOW),
    "code in the metadata": (
        model() + part(14, part(1, "note"), part(2, "__import__('os').system('id')")),
        "onnx-embedded-code", Severity.MEDIUM,
    ),
    "a negative dimension": (model(part(5, tensor(dims=(-4,)))), "onnx-broken-tensor", Severity.MEDIUM),
    "dimensions that overflow": (
        model(part(5, tensor(dims=(1 << 33, 1 << 33), raw=bytes(8)))), "onnx-broken-tensor", Severity.MEDIUM,
    ),
    "numbers that do not fit": (model(part(5, tensor(raw=bytes(9)))), "onnx-broken-tensor", Severity.MEDIUM),
    "one name twice": (
        model(part(5, tensor(raw=bytes(8))), part(5, tensor(raw=bytes(8)))), "onnx-ambiguous-tensor", Severity.MEDIUM,
    ),
    "numbers inside and outside": (
        model(part(5, tensor(raw=bytes(8), location="x", **OUT))), "onnx-ambiguous-tensor", Severity.MEDIUM,
    ),
}  # fmt: skip

GOOD = {
    "numbers in the file": model(part(5, tensor(raw=bytes(8))), node("Relu")),
    "numbers beside it": model(part(5, tensor(location="m.onnx.data", **OUT))),
    "numbers in a folder below, with a checksum": model(
        part(5, tensor(location="weights/a..b.bin", checksum="00", **OUT))
    ),
    "weights laid out for one machine": model(part(5, tensor(location="m.bin", prepacked_0="k|0|8", **OUT))),
    "operators of the runtime": model(node("FusedMatMul", "com.microsoft"), node("TreeEnsemble", "ai.onnx.ml")),
    "operators of the extensions": model(node("GPT2Tokenizer", "ai.onnx.contrib")),
    "a function of its own": model(node("Mine", "my.own"), functions=LOCAL_FUNCTION),
    "ordinary metadata": model() + part(14, part(1, "names"), part(2, "{0: 'person'}")) + part(6, "exec time"),
    "an empty tensor": model(part(5, tensor(dims=(0,), raw=b""))),
    "a scalar": model(part(5, tensor(dims=(), raw=bytes(4)))),
    "one name in two graphs": model(
        part(5, tensor(raw=bytes(8))), node("If", "", part(1, "then_branch") + part(6, part(5, tensor(raw=bytes(8)))))
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_technique_is_named(case: str) -> None:
    """Each way to misuse a model is found by the rule that names it, as bad as it is."""
    data, rule, severity = BAD[case]
    assert found(data).get(rule) == severity


@pytest.mark.parametrize("case", GOOD)
def test_an_ordinary_model_is_silent(case: str) -> None:
    """What exporters write gives no finding at all."""
    assert found(GOOD[case]) == {}
