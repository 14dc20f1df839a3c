"""Fuzz the readers of tensor formats: ``python fuzz/tensor.py READER [libFuzzer arguments]``.

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
    from assay.formats.signature import Head
    from assay.formats.source import Memory
    from assay.formats.tensor import gguf, msgpack, npy, safetensors
    from assay.formats.tensor.signatures import SIGNATURES
    from assay.formats.view import View
    from assay.scan.rules import rules_for

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


Reader = Callable[..., View]
TARGETS: dict[str, tuple[Reader, str, Callable[[], list[bytes]]]] = {
    "safetensors": (safetensors.read, "x.safetensors", _safetensors),
    "gguf": (gguf.read, "x.gguf", _gguf),
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
