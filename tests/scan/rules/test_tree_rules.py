"""Each rule over tree formats: what fires it, and a twin that does not."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.source import Memory
from assay.formats.tree.claims import SIGNATURES
from assay.scan.rules import rules_for

BY_NAME = {signature.name: signature for signature in SIGNATURES}
CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW


def found(name: str, data: bytes) -> dict[str, Severity]:
    """Rule → the worst it says."""
    view = BY_NAME[name].read(Memory(data), Budget(), "m")
    worst: dict[str, Severity] = {}
    for rule in rules_for(view.kind):
        for hit in rule.check(view):
            severity = rule.severity if hit.severity is None else hit.severity
            worst[rule.id] = max(severity, worst.get(rule.id, Severity.INFO))
    return worst


def xgb(tree: dict[str, object] | None = None, features: str = "1", **learner: object) -> bytes:
    whole = {
        "tree_param": {"num_nodes": "3"}, "left_children": [1, -1, -1], "right_children": [2, -1, -1],
        "split_indices": [0, 0, 0], **(tree or {}),
    }  # fmt: skip
    booster = {
        "name": "gbtree",
        "model": {"gbtree_model_param": {"num_trees": "1"}, "trees": [whole], "tree_info": [0]},
    }
    parameters = {"num_feature": features}
    return json.dumps({"learner": {"learner_model_param": parameters, "gradient_booster": booster, **learner}}).encode()


def lgb(tree: str = "left_child=-1\nright_child=-2", names: str = "a", parameters: str = "", tail: str = "") -> bytes:
    trees = f"Tree=0\nnum_leaves=2\nsplit_feature=0\nthreshold=0.5\n{tree}\nleaf_value=1 2\n\nend of trees\n\n"
    end = (
        f"feature_importances:\na=1\n\nparameters:\n{parameters}\nend of parameters\n\npandas_categorical:null\n{tail}"
    )
    return f"tree\nversion=v4\nfeature_names={names}\n\n{trees}{end}".encode()


def cbm(extra: bytes = b"", version: bytes = b"FlabuffersModel_v1") -> bytes:
    # A root with a version and trees without fields.
    data = struct.pack("<I", 12) + struct.pack("<HHHH", 8, 12, 4, 8) + struct.pack("<iII", 8, 20, 8)
    data += struct.pack("<HHi", 4, 4, 4)
    data = data.ljust(36, b"\0") + struct.pack("<I", len(version)) + version + b"\0\0"
    return b"CBM1" + struct.pack("<I", len(data)) + data + extra


def node(loader: str, dotted: str, **fields: object) -> dict[str, object]:
    module, _, name = dotted.rpartition(".")
    return {"__loader__": loader, "__module__": module, "__class__": name, **fields}


def skops(root: dict[str, object]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.npy", b"")
        archive.writestr("schema.json", json.dumps({**root, "protocol": 2}))
    return file.getvalue()


def getter(module: str, name: str, *arguments: str) -> dict[str, object]:
    content = [node("JsonNode", "builtins.str", content=json.dumps(one)) for one in arguments]
    return node("OperatorFuncNode", f"{module}.{name}", attrs=node("TupleNode", "builtins.tuple", content=content))


def method(claimed: str, held: str, name: str) -> dict[str, object]:
    return node("MethodNode", claimed, content={"func": name, "obj": node("ObjectNode", held)})


def words(*values: int) -> bytes:
    return struct.pack(f">{len(values)}i", *values)


def symbol(name: str) -> bytes:
    return words(1, 0x40009, len(name)) + name.encode()


def call(name: str, text: str = "x") -> bytes:
    return words(6) + symbol(name) + words(2, 16, 1, 0x40009, len(text)) + text.encode() + words(254)


HEAD = b"X\n" + words(2, 0x40301, 0x20300)
ENVIRONMENT = words(4, 0, 253)


def rds(item: bytes) -> bytes:
    return HEAD + item


def rda(name: str, item: bytes) -> bytes:
    return b"RDX2\n" + HEAD + words(0x402) + symbol(name) + item + words(254)


def closure(body: bytes) -> bytes:
    return words(0x403, 253, 254) + body


def promise(expression: bytes, value: bytes = words(252)) -> bytes:
    return words(5) + value + expression


def text(value: bytes) -> bytes:
    return struct.pack("<i", len(value)) + value


def lua(*constants: bytes) -> bytes:
    code = b"\x1bLuaR\0\1\4" + b"\0".join(constants)
    return struct.pack("<ii", 8, 1) + text(code) + struct.pack("<i", 0)


def t7(name: bytes) -> bytes:
    return struct.pack("<ii", 4, 1) + text(b"V 1") + text(name) + struct.pack("<i", 2) + text(b"conv1")


def pmml(body: str) -> bytes:
    return f'<?xml version="1.0"?><PMML version="4.4"><Header/>{body}</PMML>'.encode()


BAD = {
    "a negative number of nodes": (
        "xgboost", xgb({"tree_param": {"num_nodes": "-1"}}),
        "xgboost-inconsistent-model", HIGH,
    ),
    "a negative number of features": ("xgboost", xgb(features="-5"), "xgboost-inconsistent-model", HIGH),
    "a child that is not there": ("xgboost", xgb({"left_children": [99, -1, -1]}), "xgboost-inconsistent-model", HIGH),
    "lists of different length": ("xgboost", xgb({"right_children": [2]}), "xgboost-inconsistent-model", HIGH),
    "a walk that never ends": ("xgboost", xgb({"left_children": [1, 0, -1]}), "xgboost-inconsistent-model", HIGH),
    "a feature that is not there": ("xgboost", xgb({"split_indices": [7, 0, 0]}), "xgboost-inconsistent-model", HIGH),
    "code in a feature's name": (
        "xgboost", xgb(feature_names=["__import__('os').system('id')"]), "xgboost-embedded-code", MEDIUM,
    ),
    "a leaf that is not there": ("lightgbm", lgb("left_child=-1\nright_child=99"), "lightgbm-inconsistent-tree", HIGH),
    "a walk round and round": ("lightgbm", lgb("left_child=0\nright_child=-2"), "lightgbm-inconsistent-tree", HIGH),
    "a list that is too short": ("lightgbm", lgb("left_child=\nright_child=-2"), "lightgbm-inconsistent-tree", HIGH),
    "a command in a feature's name": ("lightgbm", lgb(names="a;os.system('id')"), "lightgbm-embedded-code", MEDIUM),
    "a script after the end": ("lightgbm", lgb(tail="import os\nos.system('id')\n"), "lightgbm-embedded-code", MEDIUM),
    "text after the end": ("lightgbm", lgb(tail="aGVsbG8gd29ybGQ=\n"), "lightgbm-stray-text", LOW),
    "parameters that name machines": (
        "lightgbm", lgb(parameters="[machine_list_filename: ../../hosts]"), "lightgbm-file-parameter", LOW,
    ),
    "code behind a model": ("catboost", cbm(b"__import__('os').system('id')"), "catboost-embedded-code", MEDIUM),
    "bytes behind a model": ("catboost", cbm(bytes(64)), "catboost-hidden-data", MEDIUM),
    "a version of nobody": ("catboost", cbm(version=b"EvilbufferModel_v9"), "catboost-hidden-data", LOW),
    "a function that runs commands": (
        "skops", skops(node("FunctionNode", "posix.system")),
        "skops-unsafe-type", CRITICAL,
    ),
    "a function as the protocols 0 and 1 name it": (
        "skops", skops(node("FunctionNode", "numpy.ufunc", content={"module_path": "os", "function": "system"})),
        "skops-unsafe-type", CRITICAL,
    ),
    "a function deep inside": (
        "skops", skops(node("ListNode", "builtins.list", content=[node("TypeNode", "subprocess.Popen")])),
        "skops-unsafe-type", CRITICAL,
    ),
    "an unknown class that is called": (
        "skops", skops(node("JsonNode", "builtins.eval", content="1")), "skops-unsafe-type", MEDIUM,
    ),
    "an odd constructor": (
        "skops", skops(node("ConstructorFromReduceNode", "acme.Thing", content={})), "skops-unsafe-type", MEDIUM,
    ),
    "CVE-2025-54413 a method of something else": (
        "skops", skops(method("builtins.int", "sklearn.svm.SVC", "fit")), "skops-confused-node", CRITICAL,
    ),
    "CVE-2025-54413 a method that reaches into Python": (
        "skops", skops(method("sklearn.svm.SVC", "sklearn.svm.SVC", "__reduce__")), "skops-confused-node", CRITICAL,
    ),
    "CVE-2025-54412 an operator that is none": (
        "skops", skops(getter("builtins", "methodcaller", "run")), "skops-confused-node", CRITICAL,
    ),
    "an operator that calls": ("skops", skops(getter("operator", "call", "x")), "skops-confused-node", HIGH),
    "an attribute of Python's own": (
        "skops", skops(getter("operator", "attrgetter", "__globals__")), "skops-confused-node", CRITICAL,
    ),
    "CVE-2025-54886 a file outside": (
        "skops", skops(node("NdArrayNode", "numpy.ndarray", type="numpy", file="../../x.npy")),
        "skops-path-escape", HIGH,
    ),
    "CVE-2024-27322 a promise": ("r", rds(promise(call("system"))), "r-promise", CRITICAL),
    "CVE-2024-27322 a promise as its value": ("r", rds(promise(words(254), call("system"))), "r-promise", CRITICAL),
    "a promise among the names": ("r", rda("model", promise(call("paste"))), "r-promise", HIGH),
    "a promise in an environment": (
        "r", rds(ENVIRONMENT + words(0x402) + symbol("x") + promise(call("system")) + words(254, 254, 254)),
        "r-promise", CRITICAL,
    ),
    "a function found by name": ("r", rds(promise(call("do.call", "system"))), "r-promise", CRITICAL),
    "a hook of the session": ("r", rda(".First", closure(call("paste"))), "r-startup-hook", HIGH),
    "a name of R's own": ("r", rda("print", closure(call("paste"))), "r-startup-hook", MEDIUM),
    "a function that runs commands when used": ("r", rds(closure(call("system"))), "r-dangerous-call", HIGH),
    "a stored call": ("r", rds(call("system")), "r-dangerous-call", MEDIUM),
    "a Lua function": ("torch7", lua(b"print"), "torch7-function", HIGH),
    "a Lua function that runs commands": ("torch7", lua(b"os.execute('id')"), "torch7-function", CRITICAL),
    "Lua source in a text": (
        "torch7", t7(b"nn.Linear")[:-9] + text(b"loadstring('x')()"), "torch7-embedded-code", HIGH,
    ),
    "a class of nobody": ("torch7", t7(b"evil.Loader"), "torch7-unknown-class", LOW),
    "a Java class": ("pmml", pmml('<Apply function="java.lang.Runtime"/>'), "pmml-external-function", HIGH),
    "a user's Java class": ("pmml", pmml('<Apply function="com.acme.Score"/>'), "pmml-external-function", MEDIUM),
    "a script": ("pmml", pmml("<Extension><script>x()</script></Extension>"), "pmml-embedded-code", MEDIUM),
    "a command in an extension": (
        "pmml", pmml("""<Extension value="Runtime.getRuntime().exec('id')"/>"""), "pmml-embedded-code", MEDIUM,
    ),
}  # fmt: skip

GOOD = {
    "a model of XGBoost": ("xgboost", xgb(feature_names=["np.log(x)"], attributes={"best_iteration": "3"})),
    "a model of LightGBM": ("lightgbm", lgb(names="np.log(x) C(site)", parameters="[boosting: gbdt]\n[machines: ]")),
    "a model of CatBoost": ("catboost", cbm()),
    "an estimator": (
        "skops",
        skops(node("ObjectNode", "sklearn.svm._classes.SVC", content=node("DictNode", "builtins.dict", content={
            "C": node("JsonNode", "builtins.str", content="1.0"),
            "a": node("NdArrayNode", "numpy.ndarray", type="numpy", file="1.npy"),
            "t": node("TypeNode", "builtins.str"), "f": node("FunctionNode", "numpy.log1p"),
            "g": getter("operator", "itemgetter", "a"),
            "m": method("sklearn.svm._classes.SVC", "sklearn.svm._classes.SVC", "fit"),
        }))),
    ),
    "numbers of R": ("r", rds(words(14, 1) + bytes(8))),
    "a function of R": ("r", rda("model", closure(call("paste", "system")))),
    "a promise that was kept": ("r", rds(promise(call("system"), words(14, 1) + bytes(8)))),
    "an argument that a closure remembers": (
        "r", rds(ENVIRONMENT + words(0x402) + symbol("x") + promise(call("paste")) + words(254, 254, 254)),
    ),
    "a layer of Torch7": ("torch7", t7(b"nn.Linear")),
    "a PMML document": (
        "pmml", pmml('<Apply function="+"/><Apply function="x-expm1"/><Extension name="a" value="b"/>'),
    ),
    "a function of its own": ("pmml", pmml('<DefineFunction name="my.f"/><Apply function="my.f"/>')),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_technique_is_named(case: str) -> None:
    """Each way to misuse a model is found by the rule that names it, as bad as it is."""
    name, data, rule, severity = BAD[case]
    assert found(name, data).get(rule) == severity


@pytest.mark.parametrize("case", GOOD)
def test_an_ordinary_model_is_silent(case: str) -> None:
    """What libraries write gives no finding at all."""
    name, data = GOOD[case]
    assert found(name, data) == {}
