"""Fuzz the readers of TensorFlow's formats, TFLite and ExecuTorch: ``python fuzz/tensorflow.py READER [arguments]``.

A crash is any exception but :class:`~assay.core.errors.FormatError`; libFuzzer itself watches time and memory
(``-timeout=5 -rss_limit_mb=1024``). Needs ``atheris``.
"""

from __future__ import annotations

import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["assay"]):
    from assay.core.errors import FormatError
    from assay.formats.budget import Budget, Limits
    from assay.formats.graph import (
        executorch,
        tensorflow,
        tensorflow_checkpoint,
        tensorflow_metadata,
        tensorflow_text,
        tflite,
        tfrecord,
    )
    from assay.formats.graph.tensorflow_claims import SIGNATURES
    from assay.formats.signature import Head
    from assay.formats.source import Memory
    from assay.scan.rules import rules_for

LIMITS = Limits(seconds=4, members=10_000, held=16 << 20)


def _field(number: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    size = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    return bytes([number << 3 | 2]) + size + data


def _graphs() -> list[bytes]:
    text = _field(5, _field(1, b"value"), _field(2, _field(8, b"\x08\x07", _field(8, b"/etc/passwd"))))
    constant = _field(1, _field(1, b"path"), _field(2, b"Const"), text)
    called = _field(5, _field(1, b"f"), _field(2, _field(10, _field(1, b"inner"))))
    writer = _field(1, _field(1, b"w"), _field(2, b"WriteFile"), _field(3, b"path"), called)
    printer = _field(5, _field(1, b"output_stream"), _field(2, _field(2, b"file:///x")))
    body = _field(3, _field(1, b"p"), _field(2, b"PrintV2"), printer)
    library = _field(2, _field(1, _field(1, _field(1, b"inner")), body))
    graph = constant + writer + library
    user = _field(4, _field(1, b"_tf_keras_layer"), _field(3, b'{"class_name": "A"}'))
    meta = (
        _field(1, _field(4, b"serve")) + _field(2, graph) + _field(6, _field(2, b"../x")) + _field(7, _field(1, user))
    )
    return [graph, meta, b"\x08\x01" + _field(2, meta)]


def _texts() -> list[bytes]:
    return [
        b'node { name: "p" op: "Const" attr { key: "value" value { tensor { string_val: "/etc/\\160" } } } }\n'
        b'node { name: "w" op: "WriteFile" input: "p" attr { key: "f" value { func { name: "g" } } } }\n'
        b'library { function { signature { name: "g" } node_def { name: "r" op: "ReadFile" } } } # end\n',
        b'meta_graphs < asset_file_def < filename: "../x" > >',
    ]


def _checkpoints() -> list[bytes]:
    def block(*entries: tuple[bytes, bytes]) -> bytes:
        body = b"".join(bytes([0, len(key), len(value)]) + key + value for key, value in entries)
        return body + struct.pack("<II", 0, 1)

    data = block((b"", b"\x08\x01"), (b"w", b"\x08\x01\x12\x04\x12\x02\x08\x04\x28\x10"))
    index = block((b"w", bytes([0, len(data)])))
    footer = bytes([0, 0, len(data) + 5, len(index)]).ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")
    return [data + bytes(5) + index + bytes(5) + footer]


def _records() -> list[bytes]:
    head = struct.pack("<Q", 4)
    return [(head + struct.pack("<I", tfrecord.masked(head)) + b"data" + bytes(4)) * 2]


def _flatbuffer(identifier: bytes, root: dict[int, object]) -> bytes:
    """A FlatBuffer: a dictionary is a table by slots, a list a vector of tables or texts, bytes a text or vector."""
    data = bytearray(4) + identifier

    def put(value: object) -> int:
        data.extend(bytes(-len(data) % 4))
        if isinstance(value, dict):
            slots = max(value, default=-1) + 1
            layout = struct.pack("<HH", 4 + 2 * slots, 4 + 8 * slots)
            layout += b"".join(struct.pack("<H", 4 + 8 * slot if slot in value else 0) for slot in range(slots))
            layout += bytes(-len(layout) % 4)
            data.extend(layout)
            place = len(data)
            data.extend(struct.pack("<i", len(layout)) + bytes(8 * slots))
            for slot, item in value.items():
                field = place + 4 + 8 * slot
                if isinstance(item, int):
                    data[field : field + 8] = struct.pack("<Q", item)
                else:
                    data[field : field + 4] = struct.pack("<I", put(item) - field)
            return place
        if isinstance(value, list):
            place = len(data)
            data.extend(struct.pack("<I", len(value)) + bytes(4 * len(value)))
            for number, item in enumerate(value):
                field = place + 4 + 4 * number
                data[field : field + 4] = struct.pack("<I", put(item) - field)
            return place
        assert isinstance(value, bytes)
        place = len(data)
        data.extend(struct.pack("<I", len(value)) + value + b"\0")
        return place

    data[:4] = struct.pack("<I", put(root))
    return bytes(data)


def _tflites() -> list[bytes]:
    operators: list[object] = [{0: 32, 3: 32, 1: b"FlexAdd"}, {0: 32, 3: 32, 1: b"Acme"}, {0: 9}]
    tensor: dict[int, object] = {0: struct.pack("<I", 2), 1: 0, 2: 1, 3: b"weights"}
    uses: list[object] = [{0: 0, 5: b"\x12\x09WriteFile"}, {0: 1, 9: 32, 10: 16}]
    graph: dict[int, object] = {0: [tensor], 3: uses, 4: b"main"}
    buffers: list[object] = [{}, {0: bytes(8)}, {1: 64, 2: 8}]
    model: dict[int, object] = {0: 3, 1: operators, 2: [graph], 4: buffers, 6: [{0: b"m"}], 8: [{0: b"../x"}]}
    return [_flatbuffer(b"TFL3", model)]


def _executorches() -> list[bytes]:
    plan: dict[int, object] = {0: b"forward", 6: [{0: b"aten::add", 1: b"out"}], 7: [{0: b"CudaBackend"}]}
    program: dict[int, object] = {0: 0, 1: [plan], 2: [{0: bytes(16)}], 3: [{0: b"\x7fELF"}], 4: [{0: 0, 1: 8}]}
    return [_flatbuffer(b"ET12", program), _flatbuffer(b"ET12" + b"eh00" + struct.pack("<IQQ", 24, 0, 64), program)]


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "tensorflow": _graphs,
    "tensorflow_text": _texts,
    "tensorflow_checkpoint": _checkpoints,
    "tensorflow_metadata": lambda: [_field(1, b"\x10\x00", _field(3, b"root"), _field(5, b'{"class_name": "A"}'))],
    "tfrecord": _records,
    "tflite": _tflites,
    "executorch": _executorches,
}
READERS = {
    "tensorflow": tensorflow,
    "tensorflow_text": tensorflow_text,
    "tensorflow_checkpoint": tensorflow_checkpoint,
    "tensorflow_metadata": tensorflow_metadata,
    "tfrecord": tfrecord,
    "tflite": tflite,
    "executorch": executorch,
}


def target(reader: str) -> Callable[[bytes], None]:
    """What libFuzzer calls with each input."""
    module = READERS[reader]

    def once(data: bytes) -> None:
        source = Memory(data)
        for signature in SIGNATURES:
            signature.claims(Head(source, "m.bin"))
        try:
            view: Any = module.read(source, Budget(LIMITS), "m.bin")
            for member in view.members():
                member.source.read(0, 4096)
            for tensor in view.tensors():
                tensor.source.read(0, 64)
            list(view.facts())
            for rule in rules_for(view.kind):
                for hit in rule.check(view):
                    assert hit.message
        except FormatError:
            pass

    return once


def main() -> None:
    """Fuzz the reader that the first argument names, from seeds made here."""
    if len(sys.argv) < 2 or sys.argv[1] not in SEEDS:
        sys.exit(f"usage: {sys.argv[0]} {{{','.join(SEEDS)}}} [libFuzzer arguments]")
    reader = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS[reader]()):
            Path(folder, f"seed{number}").write_bytes(seed)
        atheris.Setup([*sys.argv, folder], target(reader))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
