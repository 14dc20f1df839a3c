"""The readers of tree formats: what they recognise, what they give, and that they end on any bytes."""

from __future__ import annotations

import base64
import io
import json
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, LimitReached, Limits
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.tree import catboost, lightgbm, pmml, r, skops, torch7, xgboost
from assay.formats.tree.claims import SIGNATURES
from assay.formats.tree.document import Ubjson, read_json
from assay.formats.view import NotThisFormat

BY_NAME = {signature.name: signature for signature in SIGNATURES}


def words(*values: int) -> bytes:
    return struct.pack(f">{len(values)}i", *values)


def symbol(name: str) -> bytes:
    return words(1, 0x40009, len(name)) + name.encode()


def text(value: bytes) -> bytes:
    return struct.pack("<i", len(value)) + value


R_HEAD = b"X\n" + words(2, 0x40301, 0x20300)
R_CALL = words(6) + symbol("system") + words(2, 16, 1, 0x40009, 2) + b"id" + words(254)
R_PROMISE = R_HEAD + words(5) + R_CALL + words(254)
R_WORKSPACE = b"RDX2\n" + R_HEAD + words(0x402) + symbol("model") + words(14, 1) + bytes(8) + words(254)
R_TEXT = b"A\n2\n197888\n131840\n16\n1\n262153\n4\na\\\\\\t\\101\n"

STORAGE = struct.pack("<ii", 4, 2) + text(b"V 1") + text(b"torch.FloatStorage") + struct.pack("<q", 2) + bytes(range(8))
TENSOR = (
    struct.pack("<ii", 4, 1) + text(b"V 1") + text(b"torch.FloatTensor") + struct.pack("<iqqq", 1, 2, 1, 1) + STORAGE
)
FUNCTION = struct.pack("<iii", 8, 3, 40) + b"\x1bLuaR\0\1\4".ljust(20, b"\0") + b"os.execute('id')".ljust(20, b"\0")
TABLE = struct.pack("<iii", 3, 9, 2) + struct.pack("<id", 1, 1.0) + TENSOR + struct.pack("<i", 2) + text(b"f")
TORCH7 = TABLE + FUNCTION + struct.pack("<i", 0)
TORCH7_TEXT = b"4\n1\n3\nV 1\n9\nnn.Linear\n3\n2\n1\n1\n1\n2\n5\nhello\n"

TREE = {
    "tree_param": {"num_nodes": "3"}, "left_children": [1, -1, -1], "right_children": [2, -1, -1],
    "parents": [2147483647, 0, 0], "split_indices": [0, 0, 0],
}  # fmt: skip
LEARNER = {
    "learner_model_param": {"num_feature": "1"}, "attributes": {}, "objective": {"name": "reg:squarederror"},
    "gradient_booster": {"name": "gbtree", "model": {"trees": [TREE], "tree_info": [0]}},
}  # fmt: skip
XGB = json.dumps({"learner": LEARNER, "version": [3, 2, 0]}).encode()
XGB_BINARY = (
    struct.pack("<fIiiiII", 0.5, 4, 0, 0, 0, 1, 0).ljust(136, b"\0") + struct.pack("<Q", 16) + b"reg:squarederror"
)
XGB_BINARY += struct.pack("<Q", 6) + b"gbtree"
XGB_UBJSON = b"{L" + struct.pack(">q", 7) + b"learner{i\x01a[$l#i\x02" + words(1, -1) + b"i\x01bSi\x01x}}"
LIGHTGBM = (
    b"tree\nversion=v4\nnum_class=1\nfeature_names=a\n\nTree=0\nnum_leaves=2\nsplit_feature=0\nthreshold=0.5\n"
    b"left_child=-1\nright_child=-2\nleaf_value=1 2\n\nend of trees\n\nfeature_importances:\na=1\n\nparameters:\n"
    b"[boosting: gbdt]\n[machines: ]\n\nend of parameters\n\npandas_categorical:null\n"
)
PMML = b'<?xml version="1.0"?><PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><TreeModel/></PMML>'


def zipped(**schema: object) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    return file.getvalue()


def cbm(info: tuple[str, str] | None = None) -> bytes:
    """A core with a version, trees without fields, and perhaps one text."""
    strings = [b"FlabuffersModel_v1", *(part.encode() for part in info or ())]
    blob, places = b"", []
    for string in strings:
        places.append(len(blob))
        blob += struct.pack("<I", len(string)) + string + b"\0" * (4 - len(string) % 4)
    # Layout of the root at 4: version, trees, texts; then the tables one after the other, texts last.
    root_layout, root, trees_layout, trees, vector, entry_layout, entry, start = 4, 14, 30, 34, 38, 46, 54, 68
    data = struct.pack("<I", root) + struct.pack("<HHHHH", 10, 16, 4, 8, 12 if info else 0)
    data += struct.pack("<iIII", root - root_layout, start - (root + 4), trees - (root + 8), vector - (root + 12))
    data += struct.pack("<HHi", 4, 4, trees - trees_layout) + struct.pack("<II", 1, entry - (vector + 4))
    data += struct.pack("<HHHH", 8, 12, 4, 8) + struct.pack("<i", entry - entry_layout)
    if info:
        data += struct.pack("<II", start + places[1] - (entry + 4), start + places[2] - (entry + 8))
    data = data.ljust(start, b"\0") + blob
    return b"CBM1" + struct.pack("<I", len(data)) + data


SKOPS = zipped(__class__="dict", __module__="builtins", __loader__="DictNode", content={}, protocol=2)
KNOWN = {
    "xgboost": XGB, "lightgbm": LIGHTGBM, "catboost": cbm(), "skops": SKOPS, "pmml": PMML, "r": R_PROMISE,
    "torch7": TORCH7,
}  # fmt: skip
EXTRA = [
    ("xgboost", XGB_UBJSON), ("xgboost", XGB_BINARY), ("xgboost", b"binf" + XGB_BINARY),
    ("xgboost", b"bs64\t" + base64.b64encode(XGB_BINARY)), ("r", R_WORKSPACE), ("r", R_TEXT), ("torch7", TENSOR),
    ("torch7", TORCH7_TEXT), ("torch7", FUNCTION + struct.pack("<i", 0)), ("pmml", PMML.decode().encode("utf-16")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data"), [*KNOWN.items(), *EXTRA])
def test_a_format_is_known_by_its_content(name: str, data: bytes) -> None:
    """No file has to have the right ending to be inspected, in any of its forms."""
    assert BY_NAME[name].claims(Head(Memory(data), "x"))
    assert not BY_NAME[name].read(Memory(data), Budget(), "x").problems


@pytest.mark.parametrize("data", [b"", b"\x80\x04.", b"import os\nprint(1)\n", b"\x89PNG\r\n\x1a\n" + bytes(40), b"{}"])
def test_other_formats_are_left_alone(data: bytes) -> None:
    """What is plainly something else is read by none of these."""
    for signature in SIGNATURES:
        if claim := signature.claims(Head(Memory(data), "x")):
            assert claim is Claim.PLAUSIBLE
            with pytest.raises(NotThisFormat):
                signature.read(Memory(data), Budget(), "x")


def test_a_promise_is_seen_with_what_it_calls() -> None:
    """R would run it when the value is looked at."""
    (promise,) = r.read(Memory(R_PROMISE), Budget(), "x").promises
    assert (promise.calls, promise.texts, promise.forced) == (("system",), ("id",), False)


def test_names_of_a_workspace_are_told() -> None:
    """Loading it assigns them."""
    assert r.read(Memory(R_WORKSPACE), Budget(), "x").bindings == {"model": "double"}


def test_a_qualified_name_is_seen() -> None:
    """``base::system`` calls ``system``."""
    name = words(6) + symbol("::") + words(2) + symbol("base") + words(2) + symbol("system") + words(254)
    view = r.read(Memory(R_HEAD + words(0x403, 253, 254) + words(6) + name + words(254)), Budget(), "x")
    assert "system" in view.functions[0].calls


def test_compiled_code_is_walked() -> None:
    """Bytecode with expressions, back references and constants is read to its end."""
    expression = words(244, 0, 6, 254, 0) + symbol("system") + words(243, 0)
    code = words(21, 1, 13, 1, 12, 3) + expression + words(16, 16, 1, 0x40009, 1) + b"a" + words(21, 13, 0, 0)
    view = r.read(Memory(R_HEAD + words(0x403, 253, 254) + code), Budget(), "x")
    assert not view.problems
    assert view.functions[0].calls == {"system"}


def test_long_lists_of_r_cost_no_recursion() -> None:
    """A pairlist of pairlists is as deep as it likes."""
    view = r.read(Memory(R_HEAD + words(2) * 50_000 + words(254) * 50_001), Budget(), "x")
    assert not view.problems


def test_what_follows_an_object_of_r_is_a_problem() -> None:
    """Bytes after the end are read by nobody and not passed over."""
    assert r.read(Memory(R_PROMISE + b"more"), Budget(), "x").problems


def test_numbers_of_torch7_are_reached() -> None:
    """A storage is a window on the file."""
    (tensor,) = torch7.read(Memory(TORCH7), Budget(), "x").tensors()
    assert (tensor.dtype, tensor.source.read(0, 9)) == ("float32", bytes(range(8)))


def test_what_stands_after_a_break_is_looked_at() -> None:
    """A file of Torch7 that breaks still says what it was made for."""
    view = torch7.read(Memory(TENSOR[:-9] + b"\xff" * 20 + b"os.execute('id')"), Budget(), "x")
    assert view.problems
    assert [mention.kind for mention in view.mentions] == ["command"]


def test_typed_lists_of_ubjson_are_numbers() -> None:
    """Counted lists are read at once, signs and order right."""
    document = Ubjson(Memory(XGB_UBJSON), Budget()).read()
    assert isinstance(document, dict)
    learner = document["learner"]
    assert isinstance(learner, dict)
    assert list(learner["a"]) == [1, -1]  # type: ignore[arg-type]


def test_a_document_is_weighed_before_it_is_built() -> None:
    """Too many values, bytes or levels are a limit; a broken text is told."""
    with pytest.raises(LimitReached):
        read_json(Memory(b"[" + b"[]," * 2_100_000 + b"0]"), Budget())
    with pytest.raises(FormatError, match="deep"):
        read_json(Memory(b"[" * 100_000), Budget())
    with pytest.raises(LimitReached):
        read_json(Memory(b"[]"), Budget(Limits(held=1)))
    with pytest.raises(FormatError):
        read_json(Memory(b"\xff\xfe\xff"), Budget())


def test_pruned_nodes_of_a_tree_are_no_fault() -> None:
    """XGBoost leaves nodes behind that nothing leads to; their fields point anywhere."""
    tree = {**TREE, "tree_param": {"num_nodes": "4"}, "left_children": [1, -1, -1, 0], "right_children": [2, -1, -1, 0]}
    tree |= {"parents": [2147483647, 0, 0, 0], "split_indices": [0, 0, 0, 0]}
    learner = {**LEARNER, "gradient_booster": {"name": "gbtree", "model": {"trees": [tree]}}}
    assert not xgboost.read(Memory(json.dumps({"learner": learner}).encode()), Budget(), "x").faults


def test_texts_of_a_catboost_model_are_read() -> None:
    """The table of texts is walked through the FlatBuffer."""
    view = catboost.read(Memory(cbm(("params", "{}"))), Budget(), "x")
    assert [(note.key, note.value) for note in view.notes] == [("params", "{}")]
    assert view.version == "FlabuffersModel_v1"


SEEDS = [*KNOWN.values(), *(data for _, data in EXTRA)]
READERS = [catboost.read, lightgbm.read, pmml.read, r.read, skops.read, torch7.read, xgboost.read]


@given(st.sampled_from(SEEDS), st.binary(max_size=40), st.integers(0, 200), st.integers(0, 20))
def test_any_bytes_end(seed: bytes, noise: bytes, place: int, cut: int) -> None:
    """Whatever is put into a file, reading it ends in a view or a FormatError."""
    for data in (noise, seed[:place] + noise + seed[place + cut :]):
        for signature in SIGNATURES:
            signature.claims(Head(Memory(data), "x"))
        for read in READERS:
            try:
                view = read(Memory(data), Budget(Limits(members=1000)), "x")
                list(view.tensors())
                list(view.facts())
            except FormatError:
                continue
