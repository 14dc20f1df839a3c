"""Fuzz the readers of tensor formats: ``python fuzz/tensor.py READER [libFuzzer arguments]``.

A crash is any exception but :class:`~assay.core.errors.FormatError`; libFuzzer itself watches time and memory
(``-timeout=5 -rss_limit_mb=1024``). Needs ``atheris``.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["assay"]):
    from assay.core.errors import FormatError
    from assay.formats.budget import Budget, Limits
    from assay.formats.pickle import pickle as pickles
    from assay.formats.signature import Head
    from assay.formats.source import Memory
    from assay.formats.tensor import gguf, joblib, msgpack, npy, npz, safetensors, torch_legacy, torch_tar, torch_zip
    from assay.formats.tensor.signatures import SIGNATURES
    from assay.formats.view import Tensor, View
    from assay.scan.rules import rules_for
    from assay.scan.weights import Weights

LIMITS = Limits(seconds=4, members=10_000, held=16 << 20, expanded=64 << 20, opcodes=1_000_000)


def _safetensors() -> list[bytes]:
    def made(header: object, data: bytes) -> bytes:
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + data

    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    return [
        made({"__metadata__": {"format": "pt"}, "a": entry}, bytes(8)),
        made({"a": entry, "b": {**entry, "data_offsets": [12, 20]}}, bytes(range(24))),
    ]


def _gguf() -> list[bytes]:
    def text(value: bytes) -> bytes:
        return struct.pack("<Q", len(value)) + value

    keys = text(b"general.alignment") + struct.pack("<II", 4, 64)
    keys += text(b"tokenizer.chat_template") + struct.pack("<I", 8) + text(b"{{ messages }}")
    keys += text(b"words") + struct.pack("<IIQ", 9, 8, 2) + text(b"a") + text(b"b")
    table = text(b"w") + struct.pack("<IQIQ", 1, 32, 2, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 3) + keys + table
    return [head + bytes(-len(head) % 64) + bytes(64)]


def _npy() -> list[bytes]:
    def made(descr: str, data: bytes) -> bytes:
        header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (2,), }}\n".encode()
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data

    return [made("'<f4'", bytes(8)), made("'|O'", b"\x80\x04]."), made("[('a', '<i4', (2,)), ('b', 'O')]", bytes(8))]


def _msgpack() -> list[bytes]:
    array = b"\x93\x91\x02\xa7float32\xc4\x08" + bytes(8)
    return [
        b"\x81\xa6params\x81\xa1w\xc7" + bytes([len(array)]) + b"\x01" + array,
        b"\x83\xc4\x02nd\xc3\xc4\x04kind\xc4\x01O\xc4\x04data\xc4\x04\x80\x04N.",
    ]


def _zip(entries: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return made.getvalue()


_STORAGE = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tQ"
_REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n(" + _STORAGE + b"K\x00K\x02\x85K\x01\x85\x89}tR"
_STATE = b"\x80\x02}X\x01\x00\x00\x00w" + _REBUILD + b"s."


def _torch() -> list[bytes]:
    graph = b'{"target": "torch.ops.aten.add.Tensor", "expr_str": "2*s0 + 1"}'
    return [
        _zip({"a/data.pkl": _STATE, "a/byteorder": b"little", "a/data/0": bytes(8), "a/version": b"3\n"}),
        _zip({"a/constants.pkl": b"\x80\x02).", "a/data.pkl": _STATE, "a/code/x.py": b"ops.aten.save(torch.add(1))"}),
        _zip({"serialized_exported_program.json": graph, "version": b"1"}),
    ]


def _torch_legacy() -> list[bytes]:
    magic = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}."
    return [magic + _STATE + b"\x80\x02]X\x01\x00\x00\x000a." + struct.pack("<q", 2) + bytes(8)]


def _torch_tar() -> list[bytes]:
    described = b"\x80\x02(X\x01\x00\x00\x000X\x03\x00\x00\x00cpuctorch\nFloatStorage\nt."
    return [b"\x80\x02K\x01." + described + struct.pack("<q", 2) + bytes(8)]


def _joblib() -> list[bytes]:
    order = b"(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    dtype = b"cnumpy\ndtype\nX\x02\x00\x00\x00%s\x89\x88\x87R" + order

    def made(code: bytes, data: bytes) -> bytes:
        state = b"}(X\x05\x00\x00\x00shapeK\x02\x85X\x05\x00\x00\x00dtype" + dtype % code
        state += b"X\x1b\x00\x00\x00numpy_array_alignment_bytesK\x10u"
        return b"\x80\x02]cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state + b"b" + data + b"acposix\nsystem\n0."

    return [made(b"f4", b"\x01\xff" + bytes(8)), made(b"O8", b"\x80\x02N.")]


def _weights(source: Memory, budget: Budget, name: str) -> View:  # noqa: ARG001 - called as a reader
    kinds = ("float32", "float16", "bfloat16", "float64", "uint8", "int8", "Q4_0", "complex64")
    first = source.read(0, 1) or b"\0"
    body = Memory(source.data[1:])
    dtype = kinds[first[0] % len(kinds)]
    return Weights([Tensor("t", dtype, (body.size,), body, 0, first[0] > 127)], budget)


def _payloads() -> list[bytes]:
    noise = bytes(range(256)) * 16
    elf = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00>\x00" + bytes(44)
    return [bytes([kind]) + noise + elf + b"cposix\nsystem\n" + noise + b"PK\x03\x04" for kind in range(8)]


Reader = Callable[..., View]
TARGETS: dict[str, tuple[Reader, str, Callable[[], list[bytes]]]] = {
    "safetensors": (safetensors.read, "x.safetensors", _safetensors),
    "gguf": (gguf.read, "x.gguf", _gguf),
    "npz": (npz.read, "x.npz", lambda: [_zip({"a.npy": data}) for data in _npy()]),
    "torch": (torch_zip.read, "x.pt", _torch),
    "torch-legacy": (torch_legacy.read, "x.pth", _torch_legacy),
    "torch-tar": (torch_tar.read, "storages", _torch_tar),
    "joblib": (pickles.read, "x.joblib", _joblib),
    "joblib-zfile": (joblib.read, "x.z", lambda: [b"ZF" + b"0x2".ljust(19) + zlib.compress(b"\x80\x02N.")]),
    "weights": (_weights, "x.bin", _payloads),
    "npy": (npy.read, "x.npy", _npy),
    "msgpack": (msgpack.read, "x.msgpack", _msgpack),
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
            if isinstance(view, torch_zip.Torch | torch_legacy.TorchLegacy | npz.Npz):
                for tensor in view.named_tensors():
                    tensor.source.read(0, 64)
            list(view.facts())
            for rule in rules_for(view.kind):
                list(rule.check(view))
        except FormatError:
            return

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds()):
            Path(corpus, str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, "-timeout=5", "-rss_limit_mb=1024", corpus], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
