"""An ONNX tensor's shape contradicts itself or its numbers.

## Why it matters

Runtimes allocate by the shape and copy by the bytes, or the other way round. Negative sizes, products that
overflow, and byte counts that do not fit have led to reads and writes beside the memory.

## Example

An initialiser of shape ``[4294967296, 4294967296]``, or of shape ``[2]`` with a megabyte of numbers.

## Remedy

Do not load the model; get it again from its author.

## References

- CWE-190: Integer Overflow; CWE-125: Out-of-bounds Read
- https://onnx.ai/onnx/repo-docs/IR.html#tensor-data
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.onnx_view import Onnx
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: Onnx) -> Iterator[Hit]:
    """Yield each contradiction."""
    for fault in view.faults:
        yield Hit(f"tensor {shown(fault.tensor)} {fault.what}", fault.offset, member=fault.tensor)


RULE = Rule(
    id="onnx-broken-tensor",
    reads=Onnx.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
