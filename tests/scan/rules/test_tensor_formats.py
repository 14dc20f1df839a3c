"""Rules of the tensor formats: each fires on one file and not on its twin."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import numpy as np
import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.pickle import pickle
from assay.formats.source import Memory
from assay.formats.tensor import gguf, msgpack, npy, safetensors, torch_legacy, torch_zip
from assay.formats.view import View
from assay.scan.rules import rules_for

GOOD = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def hits(view: View) -> dict[str, Severity]:
    """Every rule that fires on a view, with the worst severity it gives."""
    found: dict[str, Severity] = {}
    for rule in rules_for(view.kind):
        for hit in rule.check(view):
            severity = rule.severity if hit.severity is None else hit.severity
            found[rule.id] = max(severity, found.get(rule.id, Severity.INFO))
    return found


def tensors(header: object, data: bytes = bytes(8)) -> View:
    """A safetensors file."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return safetensors.read(Memory(struct.pack("<Q", len(text)) + text + data), Budget(), "m.safetensors")


SAFETENSORS = {
    "safetensors-duplicate-key": b'{"w":%b,"w":%b}' % (2 * (json.dumps(GOOD).encode(),)),
    "safetensors-header-bloat": json.dumps({"w": GOOD}).encode() + b" " * (1 << 17),
    "safetensors-hidden-data": {"w": GOOD | {"shape": [1], "data_offsets": [0, 4]}},
    "safetensors-malformed-entry": {"w": GOOD, "v": {"dtype": "F32", "shape": [-1], "data_offsets": [8, 0]}},
    "safetensors-metadata-code": {"w": GOOD, "__metadata__": {"init": "__import__('os').system('id')"}},
    "safetensors-out-of-range": {"w": GOOD | {"shape": [4], "data_offsets": [0, 16]}},
    "safetensors-overlapping-tensors": {"w": GOOD, "v": GOOD | {"shape": [1], "data_offsets": [4, 8]}},
    "safetensors-size-mismatch": {"w": GOOD | {"shape": [1 << 40]}},
}


@pytest.mark.parametrize("rule", SAFETENSORS)
def test_safetensors(rule: str) -> None:
    """The rule fires, alone and loud enough to fail a scan; an honest file with notes is silent."""
    found = hits(tensors(SAFETENSORS[rule], b"AAAABBBB"))
    assert set(found) == {rule}
    assert found[rule] >= Severity.MEDIUM
    notes = {
        "format": "pt",
        "modelspec.thumbnail": "data:image/jpeg;base64,/9j/",
        "ss_optimizer": "torch.optim.AdamW(lr=1)",
    }
    assert hits(tensors({"__metadata__": notes, "w": GOOD})) == {}


def test_safetensors_of_unknown_type_are_a_note() -> None:
    """Nobody is accused of using a newer format; a word that is written like none of its types is another matter."""
    assert hits(tensors({"w": GOOD | {"dtype": "F128"}})) == {"safetensors-unknown-dtype": Severity.LOW}
    assert hits(tensors({"w": GOOD | {"dtype": "EVIL"}})) == {"safetensors-unknown-dtype": Severity.MEDIUM}


def test_safetensors_holes_of_zeros_are_a_note() -> None:
    """Somebody's alignment, most likely."""
    header = {"w": GOOD | {"shape": [1], "data_offsets": [0, 4]}}
    assert hits(tensors(header)) == {"safetensors-hidden-data": Severity.LOW}


@pytest.mark.parametrize("length", [1 << 62, 5000])
def test_a_header_that_claims_more_than_there_is(length: int) -> None:
    """Of any size; a file may have been cut off, so a plausible one is less certain."""
    data = struct.pack("<Q", length) + b'{"w": {"data_offsets": [0, 8]'
    found = hits(safetensors.read(Memory(data), Budget(), "m.safetensors"))
    assert found == {"safetensors-header-bloat": Severity.HIGH if length > 1 << 40 else Severity.MEDIUM}


def text(value: str) -> bytes:
    """A GGUF string."""
    return struct.pack("<Q", len(value)) + value.encode()


def model(
    keys: bytes = b"",
    count: int = 0,
    table: tuple[tuple[str, tuple[int, ...], int, int], ...] = (("w", (4,), 0, 0),),
    data: bytes = bytes(16),
) -> View:
    """A GGUF file."""
    body = b"GGUF" + struct.pack("<IQQ", 3, len(table), count) + keys
    for name, shape, kind, offset in table:
        body += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
    return gguf.read(Memory(body + bytes(-len(body) % 32) + data), Budget(), "m.gguf")


def key(name: str, value: bytes, kind: int = 8) -> bytes:
    """A GGUF key with its value."""
    return text(name) + struct.pack("<I", kind) + value


GGUF = {
    "gguf-bad-alignment": lambda: model(key("general.alignment", struct.pack("<I", 0), 4), 1),
    "gguf-dimension-overflow": lambda: model(table=(("w", (1 << 33, 1 << 33), 42, 0),)),
    "gguf-duplicate-name": lambda: model(key("a", b"\1", 0) * 2, 2),
    "gguf-hidden-data": lambda: model(data=bytes(16) + b"#!/bin/sh"),
    "gguf-length-overflow": lambda: model(key("a", struct.pack("<Q", 1 << 63)), 1),
    "gguf-metadata-code": lambda: model(key("general.description", text("<script>x</script>")), 1),
    "gguf-out-of-range": lambda: model(table=(("w", (4,), 0, 1 << 40),), data=b""),
    "gguf-overlapping-tensors": lambda: model(table=(("a", (4,), 0, 0), ("b", (4,), 0, 0))),
}  # fmt: skip


@pytest.mark.parametrize("rule", GGUF)
def test_gguf(rule: str) -> None:
    """The rule fires loud enough to fail a scan; an honest file with an alignment of its own is silent."""
    found = hits(GGUF[rule]())
    assert found.pop("gguf-unknown-type", Severity.LOW) is Severity.LOW
    assert set(found) == {rule}
    assert found[rule] >= Severity.MEDIUM
    honest = key("general.alignment", struct.pack("<I", 32), 4) + key("general.description", text("calls os.system()"))
    assert hits(model(honest, 2)) == {}


def test_gguf_types_of_the_future_are_a_note() -> None:
    """Neither clean nor an accusation, if the number can be the next one; a far one is of no program."""
    assert hits(model(table=(("w", (4,), 42, 0),))) == {"gguf-unknown-type": Severity.LOW}
    assert hits(model(table=(("w", (4,), 250, 0),))) == {"gguf-unknown-type": Severity.MEDIUM}


def test_gguf_fifth_axis() -> None:
    """Readers in C keep four."""
    assert hits(model(table=(("w", (1, 1, 1, 1, 4), 0, 0),))) == {"gguf-dimension-overflow": Severity.MEDIUM}
    assert hits(model(table=(("w", (1,) * 60, 0, 0),), data=bytes(4))) == {"gguf-dimension-overflow": Severity.HIGH}


def saved(array: np.ndarray, tail: bytes = b"", cut: int = 0) -> View:
    """A NumPy file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    data = stream.getvalue()
    return npy.read(Memory(data[: len(data) - cut] + tail), Budget(), "x.npy")


def test_numpy() -> None:
    """Objects, missing bytes and strangers behind the array; two arrays in one file are how people save two."""
    assert hits(saved(np.array([None]))) == {"numpy-object-array": Severity.LOW}
    assert hits(saved(np.arange(9), cut=8)) == {"numpy-size-mismatch": Severity.MEDIUM}
    assert hits(saved(np.arange(9), tail=b"#!/bin/sh\n")) == {"numpy-trailing-data": Severity.LOW}
    assert hits(saved(np.arange(9), tail=b"\x93NUMPY")) == {}
    assert hits(saved(np.arange(9), tail=bytes(100))) == {}


@pytest.mark.parametrize("descr", ["__import__('os').system('true')", "[x for x in '<f8']", "(lambda: '<f8')()"])
def test_numpy_header_that_is_an_expression(descr: str) -> None:
    """A reader that evaluates the header runs it; words inside of texts are no expression."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}\n".encode()
    view = npy.read(Memory(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(8)), Budget(), "x.npy")
    assert hits(view) == {"numpy-header-expression": Severity.HIGH}
    assert view.problems
    assert hits(saved(np.zeros(2, [("f(x).y if", "<f8"), ("os.system('a')", "<i4")]))) == {}


@pytest.mark.parametrize("text", ["a note of some length", "short"])
def test_texts_of_metadata_are_inspected_for_what_they_say(text: str) -> None:
    """A credential in a comment of the weights is published with them; shorter texts hold none."""
    header = json.dumps({"__metadata__": {"note": text}}).encode()
    view = safetensors.read(Memory(struct.pack("<Q", len(header)) + header), Budget(), "m.safetensors")
    members = [(member.name, member.expected) for member in view.members()]
    assert members == ([("__metadata__/note", ("text",))] if len(text) >= 20 else [])


def test_msgpack() -> None:
    """Pickles in MessagePack-NumPy's form and hooks of others; Flax's own types are silent."""

    def read(data: bytes) -> dict[str, Severity]:
        return hits(msgpack.read(Memory(data), Budget(), "x.msgpack"))

    assert read(b"\x82\xc4\x04kind\xc4\x01O\xc4\x04data\xc4\x02N.") == {"flax-pickled-array": Severity.MEDIUM}
    assert read(b"\x81\xa1a\xd4\x2a\x00") == {"flax-unknown-extension": Severity.LOW}
    assert read(b"\x82\xa1a\xd4\x02\x00\xa1b\xd4\xff\x00") == {}


def unicode(value: str) -> bytes:
    """A string constant of a pickle."""
    return b"X" + struct.pack("<I", len(value)) + value.encode()


STORAGE = b"(" + unicode("storage") + b"ctorch\nFloatStorage\n" + unicode("0") + unicode("cpu") + b"K\x02tQ"
STATE = (
    b"\x80\x02}"
    + unicode("w")
    + b"ctorch._utils\n_rebuild_tensor_v2\n("
    + STORAGE
    + b"K\x00K\x02\x85K\x01\x85\x89}tRs."
)


def zipped(**entries: bytes) -> View:
    """A PyTorch zip; more entries under names with two underscores for a slash."""
    whole = {"data.pkl": STATE, "data/0": bytes(8), "version": b"3"} | entries
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in whole.items():
            archive.writestr(f"m/{name.replace('__', '/')}", content)
    return torch_zip.read(Memory(stream.getvalue()), Budget(), "m.pt")


TORCH = {
    "torch-export-unsafe-target": ({"serialized_exported_program.json": b'{"expr_str": "exec(1)"}'}, Severity.HIGH),
    "torch-native-code": ({"data__aotinductor__m.so": b"\x7fELF", "archive_format": b"pt2"}, Severity.MEDIUM),
    "torch-packaged-code": ({".data__extern_modules": b"", "net.py": b""}, Severity.LOW),
    "torch-storage-mismatch": ({"data/0": bytes(80)}, Severity.MEDIUM),
    "torch-unreferenced-entry": ({"extra__opt.pkl": b"\x80\x02N."}, Severity.MEDIUM),
    "torchscript-custom-class": ({"code__x.py": b"ops.acme.run(x)", "constants.pkl": b"\x80\x02)."}, Severity.LOW),
    "torchscript-foreign-code": ({"code__x.py": b"import os", "constants.pkl": b"\x80\x02)."}, Severity.HIGH),
    "torchscript-file-access": ({"code__x.py": b'torch.save(x, "a")', "constants.pkl": b"\x80\x02)."}, Severity.HIGH),
}


@pytest.mark.parametrize("rule", TORCH)
def test_torch(rule: str) -> None:
    """The rule fires alone; a checkpoint and an ordinary TorchScript program are silent."""
    entries, severity = TORCH[rule]
    assert hits(zipped(**entries)) == {rule: severity}
    code = b'y = torch.add(x, getattr(self.eval, "import os"))\nz = ops.torchvision.nms(y, ops.quantized.add(y, y))'
    assert hits(zipped()) == {}
    assert hits(zipped(code__m__py=b"", code__x=code, **{"constants.pkl": b"\x80\x02)."})) == {}


def test_torchscript_that_is_python() -> None:
    """The calls that a tool which runs it would make."""
    for call in (b"os.system('id')", b"eval(x)", b"__import__('os')", b"  from os import system"):
        view = zipped(**{"code/y.py": b"x = 1\n" + call, "constants.pkl": b"\x80\x02)."})
        assert hits(view) == {"torchscript-foreign-code": Severity.HIGH}


@pytest.mark.parametrize(
    "call", ["torch.from_file(f)", "ops.image.write_file(f, x)", "ops.aten.save(x, f)", "ops.rpc.run(x)"]
)
def test_torchscript_that_leaves_the_process(call: str) -> None:
    """CVE-2025-32434: operators that open files or talk to others, under any of their names."""
    view = zipped(code__x__py=b"", **{"code/y.py": call.encode(), "constants.pkl": b"\x80\x02)."})
    assert hits(view) == {"torchscript-file-access": Severity.HIGH}


def test_operators_of_exported_programs() -> None:
    """PyTorch's own and arithmetic are silent, a library's are a note, anything else that can be reached is not."""

    def targets(*names: str) -> dict[str, Severity]:
        graph = json.dumps([{"target": name} for name in names]).encode()
        return hits(zipped(**{"serialized_exported_program.json": graph}))

    assert targets("torch.ops.aten.add.Tensor", "_operator.mul", "torch.sym_max", "output") == {}
    assert targets("torch.ops.acme.fused.default") == {"torch-export-unsafe-target": Severity.LOW}
    assert targets("torch.serialization.os.system") == {"torch-export-unsafe-target": Severity.HIGH}


def legacy(first: bytes, tail: bytes = b"") -> View:
    """A PyTorch file from before 1.6."""
    keys = b"\x80\x02](" + unicode("0") + b"e." + struct.pack("<q", 2) + bytes(8)
    return torch_legacy.read(Memory(first + b"\x80\x02M\xe9\x03.\x80\x02}." + STATE + keys + tail), Budget(), "m.pth")


def test_torch_legacy() -> None:
    """A computed magic number (picklescan's ``pytorch_magic_bypass.pt``), and bytes behind the numbers."""
    magic = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
    computed = b"\x80\x02cbuiltins\neval\n" + unicode("119547037146038801333356") + b"\x85R."
    assert hits(legacy(magic)) == {}
    assert hits(legacy(computed)) == {"torch-legacy-computed-magic": Severity.HIGH}
    assert hits(legacy(magic, b"PK\x03\x04")) == {"torch-legacy-hidden-data": Severity.MEDIUM}


@pytest.mark.parametrize(("name", "severity"), [("m.pkl_01.npy", Severity.LOW), ("../m.npy", Severity.HIGH)])
def test_joblib_files_beside(name: str, severity: Severity) -> None:
    """A name beside the pickle is a note, one that leaves the folder is not."""
    state = b"}" + unicode("filename") + unicode(name) + b"sb."
    data = b"\x80\x02cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81" + state
    found = hits(pickle.read(Memory(data), Budget(), "m.joblib"))
    assert found["joblib-external-file"] is severity
    assert "joblib-external-file" not in hits(pickle.read(Memory(b"\x80\x02}."), Budget(), "m.joblib"))
