"""An ONNX model calls Python.

## Why it matters

Some builds of ONNX Runtime have an operator that imports a module and calls a function or a class named by the
model. The model is then a program like a pickle: whatever Python module it names runs in the process that serves
it.

## Example

A node of type ``PyOp`` with the attributes ``module`` = ``os`` and ``compute`` = ``system``.

## Remedy

Do not load the model, and do not build a runtime with this operator for models of others.

## References

- https://github.com/microsoft/onnxruntime-extensions (``PyOp``, ``PyCustomOpDef``)
- https://onnxruntime.ai/docs/reference/operators/add-custom-op.html
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.onnx_view import Onnx
from assay.scan.knowledge import onnx
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: Onnx) -> Iterator[Hit]:
    """Yield each operator that runs Python, with what it names."""
    for operator in view.operators:
        if operator.name in onnx.PYTHON and (operator.domain, operator.name) not in view.functions:
            named = ", ".join(f"{key} = {shown(value, 60)}" for key, value in operator.attributes[:4])
            yield Hit(
                f"operator {shown(operator.name)} calls Python" + (f" ({named})" if named else ""),
                operator.offset, member=operator.place,
            )  # fmt: skip


RULE = Rule(
    id="onnx-python-operator",
    reads=Onnx.kind,
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
