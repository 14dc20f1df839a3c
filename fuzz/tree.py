"""Fuzz the readers of tree formats: ``python fuzz/tree.py READER [libFuzzer arguments]``.

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
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["assay"]):
    from assay.core.errors import FormatError
    from assay.formats.budget import Budget, Limits
    from assay.formats.signature import Head
    from assay.formats.source import Memory
    from assay.formats.tree import catboost, lightgbm, pmml, r, skops, torch7, xgboost
    from assay.formats.tree.claims import SIGNATURES
    from assay.formats.view import View
    from assay.scan.rules import rules_for

LIMITS = Limits(seconds=4, members=10_000, held=16 << 20, expanded=64 << 20, opcodes=1_000_000)


def _xgboost() -> list[bytes]:
    tree = {
        "tree_param": {"num_nodes": "3"}, "left_children": [1, -1, -1], "right_children": [2, -1, -1],
        "parents": [2147483647, 0, 0], "split_indices": [0, 0, 0], "split_conditions": [0.5, 1.0, 2.0],
    }  # fmt: skip
    model = {"gbtree_model_param": {"num_trees": "1"}, "trees": [tree], "tree_info": [0]}
    learner = {"learner_model_param": {"num_feature": "1"}, "gradient_booster": {"name": "gbtree", "model": model}}
    ubjson = b"{L" + struct.pack(">q", 7) + b"learner{i\x01a[$l#i\x02" + bytes(8) + b"i\x01bSi\x01x}}"
    header = struct.pack("<fIiiiII", 0.5, 4, 0, 0, 0, 1, 0).ljust(136, b"\0")
    binary = header + struct.pack("<Q", 16) + b"reg:squarederror" + struct.pack("<Q", 6) + b"gbtree"
    return [json.dumps({"learner": learner, "version": [3, 2, 0]}).encode(), ubjson, b"binf" + binary]


def _lightgbm() -> list[bytes]:
    tree = "Tree=0\nnum_leaves=2\nsplit_feature=0\nthreshold=0.5\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n\n"
    tail = "end of trees\n\nfeature_importances:\na=1\n\nparameters:\n[boosting: gbdt]\n\nend of parameters\n"
    return [f"tree\nversion=v4\nnum_class=1\nfeature_names=a\n\n{tree}{tail}\npandas_categorical:null\n".encode()]


def _r() -> list[bytes]:
    def word(*values: int) -> bytes:
        return struct.pack(f">{len(values)}i", *values)

    def symbol(name: bytes) -> bytes:
        return word(1, 0x40009, len(name)) + name

    call = word(6) + symbol(b"system") + word(2, 16, 1, 0x40009, 2) + b"id" + word(254)
    head = b"X\n" + word(2, 0x40301, 0x20300)
    bind = word(0x402) + symbol(b"x") + word(5) + word(252) + call + word(254)
    closure = word(0x403, 253, 254) + call
    code = word(21, 1, 13, 1, 12, 2, 6) + word(254, 254, 254) + word(1) + word(254)
    vector = word(19 | 0x200, 3) + closure + word(4, 0, 253, 254, 254, 254) + word(14, 1) + bytes(8) + word(254)
    return [b"RDX2\n" + head + bind, head + vector, head + code, b"A\n2\n197888\n131840\n16\n1\n262153\n2\nab\n"]


def _torch7() -> list[bytes]:
    def text(value: bytes) -> bytes:
        return struct.pack("<i", len(value)) + value

    storage = struct.pack("<ii", 4, 2) + text(b"V 1") + text(b"torch.FloatStorage") + struct.pack("<q", 2) + bytes(8)
    tensor = struct.pack("<ii", 4, 1) + text(b"V 1") + text(b"torch.FloatTensor")
    tensor += struct.pack("<iqqq", 1, 2, 1, 1) + storage
    function = struct.pack("<iii", 8, 3, 8) + b"\x1bLuaR\0\1\4" + struct.pack("<i", 0)
    table = (
        struct.pack("<iii", 3, 9, 2)
        + struct.pack("<id", 1, 1.0)
        + tensor
        + struct.pack("<i", 2)
        + text(b"k")
        + function
    )
    return [table, tensor, b"4\n1\n3\nV 1\n9\nnn.Linear\n3\n2\n1\n1\n1\n2\n1\nx\n"]


def _catboost() -> list[bytes]:
    # A root table without fields, with its vtable before it.
    core = struct.pack("<I", 8) + struct.pack("<HH", 4, 4) + struct.pack("<i", 4)
    return [b"CBM1" + struct.pack("<I", len(core)) + core]


def _skops() -> list[bytes]:
    node = {"__class__": "system", "__module__": "posix", "__loader__": "FunctionNode", "content": "system"}
    method = {"__class__": "a", "__module__": "b", "__loader__": "MethodNode", "content": {"func": "f", "obj": node}}
    found = []
    for content in (node, {**method, "file": "../x.npy", "attrs": [node]}):
        with io.BytesIO() as file:
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("schema.json", json.dumps({**content, "protocol": 2}))
            found.append(file.getvalue())
    return found


def _pmml() -> list[bytes]:
    apply = b'<Apply function="com.x.F"><FieldRef field="a"/></Apply><Extension name="s" value="eval(x)"/>'
    return [b'<?xml version="1.0"?><!DOCTYPE PMML><PMML version="4.4"><TreeModel>' + apply + b"</TreeModel></PMML>"]


Reader = Callable[..., View]
TARGETS: dict[str, tuple[Reader, str, Callable[[], list[bytes]]]] = {
    "xgboost": (xgboost.read, "x.json", _xgboost),
    "lightgbm": (lightgbm.read, "x.txt", _lightgbm),
    "r": (r.read, "x.rds", _r),
    "torch7": (torch7.read, "x.t7", _torch7),
    "catboost": (catboost.read, "x.cbm", _catboost),
    "skops": (skops.read, "x.skops", _skops),
    "pmml": (pmml.read, "x.pmml", _pmml),
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
