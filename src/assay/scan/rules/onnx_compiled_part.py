"""An ONNX model holds a part that is compiled for an accelerator.

## Why it matters

Such a part is a program for one vendor's library, in a format that nobody else can read. It runs where the vendor's
library runs it, and cannot be inspected.

## Example

A node of type ``EPContext`` whose attribute holds a TensorRT engine.

## Remedy

Trust its source, or build the part yourself from the plain model.

## References

- https://onnxruntime.ai/docs/execution-providers/EP-Context-Design.html
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
    """Yield each kind of such an operator, once."""
    seen = set()
    for operator in view.operators:
        if operator.name in onnx.COMPILED and operator.name not in seen:
            seen.add(operator.name)
            yield Hit(
                f"operator {shown(operator.place)} runs a compiled part", operator.offset, member=operator.place
            )  # fmt: skip


RULE = Rule(
    id="onnx-compiled-part",
    reads=Onnx.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
