"""A skops node is not what it says: the audit sees one thing, loading does another.

## Why it matters

skops shows the types a file needs before it loads them. Nodes whose checks look at other fields than their loading
got around this: a method node that names one class and holds another object, an operator node outside ``operator``.
Both end in calling any method of any object.

## Example

A ``MethodNode`` that claims ``builtins.int`` and fetches ``__builtins__`` of something else.

## Remedy

Do not load the file. Use skops 0.12 or newer, which refuses it.

## References

- CVE-2025-54412 (``OperatorFuncNode``), CVE-2025-54413 (``MethodNode``), CVE-2025-54886
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.skops import Node, Skops
from assay.scan.callables import harm_of
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

_GETTERS: Final = frozenset({"attrgetter", "itemgetter", "methodcaller"})


def check(view: Skops) -> Iterator[Hit]:
    """Yield method and operator nodes that contradict themselves or reach where no estimator does."""
    for node in view.nodes:
        if node.loader == "MethodNode":
            yield from _method(node)
        elif node.loader == "OperatorFuncNode":
            yield from _operator(node)


def _method(node: Node) -> Iterator[Hit]:
    method = node.texts[0] if node.texts else ""
    if node.inner != node.dotted:
        yield Hit(
            f"a MethodNode claims {shown(node.dotted)} and takes {shown(method)} of {shown(node.inner or 'nothing')}",
            member=node.path,
        )  # fmt: skip
    elif method.startswith("__"):
        yield Hit(f"a MethodNode takes {shown(method)} of {shown(node.dotted)}", member=node.path)
    elif harm := harm_of(f"{node.dotted}.{method}"):
        yield Hit(f"a MethodNode takes {shown(f'{node.dotted}.{method}')}, which {harm.does}", member=node.path)


def _operator(node: Node) -> Iterator[Hit]:
    if node.module not in {"operator", "_operator"}:
        yield Hit(f"an OperatorFuncNode names {shown(node.dotted)}, which is no operator", member=node.path)
    if node.name not in _GETTERS:
        yield Hit(f"an OperatorFuncNode calls operator.{node.name}", member=node.path, severity=Severity.HIGH)
    for text in node.texts:
        if any(part.startswith("__") for part in text.split(".")):
            yield Hit(f"an OperatorFuncNode reaches {shown(text)}", member=node.path)


RULE = Rule(
    id="skops-confused-node",
    reads=Skops.kind,
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
