"""An ONNX model needs operators that come from a native library.

## Why it matters

The standard's operators are arithmetic that every runtime brings along. An operator of another domain exists only
in a native library that is registered before the model is loaded: whoever wants to use the model is led to load
somebody's machine code.

## Example

A node of type ``RunShell`` in the domain ``com.evil``.

## Remedy

Find out which library has the operator and who made it, or ask for a model without it. Domains of well-known
libraries are reported as *low*, and functions that the model itself defines are not reported.

## References

- https://onnx.ai/onnx/repo-docs/AddNewOp.html
- https://onnxruntime.ai/docs/reference/operators/add-custom-op.html
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.onnx_view import Onnx, Operator
from assay.scan.knowledge import onnx
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: Onnx) -> Iterator[Hit]:
    """Yield each operator of a foreign domain, once."""
    seen = set()
    for operator in view.operators:
        key = (operator.domain, operator.name)
        if key not in seen and key not in view.functions and operator.name not in onnx.PYTHON:
            seen.add(key)
            if hit := _judge(operator):
                yield hit


def _judge(operator: Operator) -> Hit | None:
    if onnx.standard(operator.domain) is not None:
        return None
    needs = onnx.needs(operator.domain)
    if operator.domain == "ai.onnx.contrib" and onnx.extension(operator.name):
        return None
    named = f"needs the operator {shown(operator.name)} of the domain {shown(operator.domain)}"
    # The extensions library lets anyone define operators in Python under its domain.
    if needs and operator.domain != "ai.onnx.contrib":
        return Hit(f"{named}, which comes with {needs}", operator.offset, operator.place, severity=Severity.LOW)
    return Hit(f"{named}, which comes from a library that has to be loaded first", operator.offset, operator.place)


RULE = Rule(
    id="onnx-custom-operator",
    reads=Onnx.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
