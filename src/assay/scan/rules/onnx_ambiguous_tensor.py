"""Two readers of an ONNX model would see different numbers.

## Why it matters

A tensor that stands twice under one name, or that has numbers of its own and others in a file, is filled by each
runtime as it likes. What was inspected or tested with one is not what runs with another.

## Example

Two initialisers named ``fc.weight`` with different numbers.

## Remedy

Do not use the model; ask for one in which every tensor stands once.

## References

- https://onnx.ai/onnx/repo-docs/IR.html#names-within-a-graph
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.onnx_view import Onnx
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: Onnx) -> Iterator[Hit]:
    """Yield each such tensor."""
    for fault in view.ambiguous:
        yield Hit(f"tensor {shown(fault.tensor)} {fault.what}", fault.offset, member=fault.tensor)


RULE = Rule(
    id="onnx-ambiguous-tensor",
    reads=Onnx.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
