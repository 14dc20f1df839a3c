"""An MXNet graph calls Python or a loaded library.

## Why it matters

The operator ``Custom`` runs a class that was registered in Python under the name in ``op_type``; ``_Native`` and
``_NDArray`` carry the address of a callback; subgraph operators of a library run its code. The graph decides which,
and a model that has them only works with code from elsewhere.

## Example

``{"op": "Custom", "attrs": {"op_type": "evil_op"}}`` in ``model-symbol.json``.

## Remedy

Load the graph only where the operator of that name is yours. Else ask for a graph of MXNet's own operators.

## References

- https://mxnet.apache.org/versions/1.9.1/api/faq/new_op
- https://mxnet.apache.org/versions/1.9.1/api/faq/extension
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mxnet import MxNet
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

#: Operators that call back, and what they carry.
CALLING: Final = {
    "Custom": "runs the Python operator",
    "_npi_Custom": "runs the Python operator",
    "_Custom": "runs the Python operator",
    "_CustomFunction": "calls a Python function",
    "_Native": "calls the callback at",
    "_NDArray": "calls the callback at",
}


def check(view: MxNet) -> Iterator[Hit]:
    """Yield each such node."""
    for node in view.nodes:
        if node.op in CALLING:
            what = next((text for key, text in node.attributes if key in {"op_type", "info"}), "")
            severity = Severity.HIGH if node.op in {"_Native", "_NDArray"} else None
            yield Hit(f"node {shown(node.name)} {CALLING[node.op]} {shown(what)}", member=node.name, severity=severity)


RULE = Rule(
    id="mxnet-custom-operator",
    reads=MxNet.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
