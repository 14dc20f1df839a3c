"""What skops' nodes make, and how bad a name is in each of them."""

from __future__ import annotations

from typing import Final

from assay.core.finding import Severity
from assay.formats.tree.skops import Node
from assay.scan.callables import Use, harm_of, look_up
from assay.scan.knowledge.text import shown

#: Nodes whose class is fixed by the node itself or that hold plain data: the names in them are not looked up.
PLAIN: Final = frozenset(
    {"JsonNode", "CachedNode", "DictNode", "ListNode", "TupleNode", "SetNode", "BytesNode", "BytearrayNode"}
    | {"SliceNode", "DefaultDictNode"}
)
#: Nodes that make an instance and give it a state.
OBJECTS: Final = frozenset(
    {"ObjectNode", "TreeNode", "LossNode", "ReduceNode", "NdArrayNode", "MaskedArrayNode", "RandomStateNode",
     "RandomGeneratorNode", "DTypeNode", "SparseMatrixNode", "QuantileForestNode", "_DictWithDeprecatedKeysNode"}
)  # fmt: skip
#: Nodes that call the class.
CALLING: Final = frozenset({"ConstructorFromReduceNode"})
#: Nodes that fetch a name.
FETCHING: Final = frozenset({"FunctionNode", "TypeNode"})
#: Nodes that a rule of their own looks at.
BOUND: Final = frozenset({"MethodNode", "OperatorFuncNode", "PartialNode"})
#: Modules that hold types and arithmetic only, which the allow-list of pickles names one by one.
_ARITHMETIC: Final = ("numpy.", "scipy.special.")
ARRAYS: Final = frozenset({"NdArrayNode", "MaskedArrayNode", "DTypeNode", "RandomStateNode", "RandomGeneratorNode"})


def judge(node: Node) -> tuple[str, Severity] | None:
    """Why a name is not let through, as the end of a sentence, and how bad it is; ``None`` for an inert one."""
    if node.loader in PLAIN and node.name not in _TYPES and (harm := harm_of(node.dotted)):
        # skops makes plain data of it whatever the name; an honest writer would not have put it there.
        return f"holds plain data and names {shown(node.dotted)}, which {harm.does}", Severity.MEDIUM
    if node.loader in PLAIN or node.loader in BOUND or _inert(node):
        return None
    if harm := harm_of(node.dotted):
        return f"names {shown(node.dotted)}, which {harm.does}", Severity.CRITICAL
    if any(part.startswith("__") for part in node.dotted.split(".")):
        return f"names {shown(node.dotted)}, which reaches into Python itself", Severity.HIGH
    if node.loader not in OBJECTS | CALLING | FETCHING:
        return f"uses the unknown node {shown(node.loader)} for {shown(node.dotted)}", Severity.LOW
    severity = Severity.MEDIUM if node.loader in CALLING else Severity.LOW
    return f"names {shown(node.dotted)}, which is not known to be inert", severity


def _inert(node: Node) -> bool:
    entry = look_up(node.module, node.name)
    enough = Use.JUDGED if node.loader in CALLING else Use.CLASS if node.loader in OBJECTS else Use.NAME
    if entry is not None and entry.use >= enough:
        return True
    if node.module == "builtins" and node.name in _TYPES:
        return True
    # Arrays name the type of their elements; functions of NumPy and SciPy's special ones are arithmetic.
    numbers = node.loader in ARRAYS and node.module == "numpy"
    return numbers or (node.loader in FETCHING and node.dotted.startswith(_ARITHMETIC) and harm_of(node.dotted) is None)


_TYPES: Final = frozenset(
    {"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set"}
    | {"slice", "str", "tuple", "type", "NoneType", "len", "abs", "min", "max", "sum", "round", "sorted"}
)
