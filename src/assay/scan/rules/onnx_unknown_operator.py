"""An ONNX model uses an operator that its domain does not have.

## Why it matters

The operators of the standard's domains are known by name. One that is not among them is newer than assay's list, or
comes from a library that registers its own operators under a name people trust.

## Example

A node of type ``Exec`` in the default domain.

## Remedy

Look the operator up in the documentation of ONNX and ONNX Runtime. If it is not there, ask who provides it.

## References

- https://onnx.ai/onnx/operators/
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
    """Yield each unknown operator of a known domain, once."""
    seen = set()
    for operator in view.operators:
        known = onnx.standard(operator.domain)
        key = (operator.domain, operator.name)
        if known is None or operator.name in known or key in view.functions or key in seen:
            continue
        if operator.name not in onnx.PYTHON:
            seen.add(key)
            yield Hit(
                f"uses {shown(operator.name)}, which the domain {shown(operator.domain or 'ai.onnx')} does not have",
                operator.offset, member=operator.place,
            )  # fmt: skip


RULE = Rule(
    id="onnx-unknown-operator",
    reads=Onnx.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
