"""Fuzz the readers of HDF5 and Keras: ``python fuzz/hdf5.py READER [libFuzzer arguments]``.

A crash is any exception but :class:`~assay.core.errors.FormatError`; libFuzzer itself watches time and memory
(``-timeout=5 -rss_limit_mb=1024``). Needs ``atheris``, and ``pytest`` for the writer
of the tests.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import marshal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["assay"]):
    from assay.core.errors import FormatError
    from assay.formats.budget import Budget, Limits
    from assay.formats.hdf5 import hdf5, keras, walk
    from assay.formats.hdf5.signatures import SIGNATURES
    from assay.formats.signature import Head
    from assay.formats.source import Memory
    from assay.scan.rules import rules_for

LIMITS = Limits(seconds=4, members=10_000, held=16 << 20)
assert walk


def _writer() -> Any:
    """The tests' writer of HDF5 files."""
    path = Path(__file__).parent.parent / "tests" / "formats" / "hdf5" / "conftest.py"
    spec = importlib.util.spec_from_file_location("hdf5_writer", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Writer


def _files() -> list[bytes]:
    made = _writer()
    one, two, three = made(), made(userblock=bytes(512)), made()
    outside = one.dataset(
        bytes(4), layout=bytes([3, 1]) + b"\xff" * 8 + bytes(8), more=(one.external_files(("/etc/hostname", 3, 4)),)
    )
    virtual = one.dataset(bytes(4), layout=one.virtual("/secret.h5", "/weights"))
    filtered = one.dataset(bytes(4), more=(one.filters((1, ""), (40000, "acme")),))
    links = (
        one.link("a", outside),
        one.link("b", virtual),
        one.link("c", filtered),
        one.text("model_config", b"{}" * 9),
    )
    dense = two.header(
        two.dense_links(two.soft("s", "/x"), two.external("e", "x.h5", "/y")), two.attribute("n", b"text")
    )
    three.data += bytes(64)
    child = three.dataset(b"12345678")
    old = three.old_header(three.old_group(w=child), three.attribute("backend", b"tensorflow", version=1))
    return [one.file(one.header(*links)), two.file(dense), three.old_file(old)]


def _configurations() -> list[bytes]:
    code = base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()
    layers: list[object] = [
        {"module": "keras.layers", "class_name": "Lambda", "config": {"function": [code, None, None]}},
        {"class_name": "__lambda__", "config": {"code": code}},
        {"module": "os", "class_name": "function", "config": "system", "inbound_nodes": []},
        {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
        {"class_name": "TFOpLambda", "config": {"function": "io.write_file"}},
        {"class_name": "TensorFlowOpLayer", "config": {"node_def": '{"op": "WriteFile"}'}},
        {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": code}},
    ]
    model = {"module": "keras", "class_name": "Sequential", "registered_name": "a>b", "config": {"layers": layers}}
    text = json.dumps(model)
    return [
        text.encode(),
        text.encode("utf-16"),
        text.replace('"config": {', '"class_name": 1, "config": {', 1).encode(),
    ]


SEEDS: dict[str, Callable[[], list[bytes]]] = {"hdf5": _files, "keras": _configurations}
READERS = {"hdf5": hdf5, "keras": keras}


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
