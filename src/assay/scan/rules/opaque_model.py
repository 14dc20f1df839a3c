"""A model's format is not published, so what it does cannot be told.

## Why it matters

TensorRT engines, RKNN and CNTK models hold programs for one vendor's library, partly as machine code for an
accelerator. Their loaders trust them: NVIDIA says that an engine from elsewhere is like a program from elsewhere.

## Example

``model.engine``, made by somebody else.

## Remedy

Trust its source (a signature, a digest from its author), or build it yourself from the plain model.

## References

- https://docs.nvidia.com/deeplearning/tensorrt/ (engine files are not to be deserialised from untrusted sources)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.opaque import Opaque
from assay.scan.rule import Hit, Rule


def check(view: Opaque) -> Iterator[Hit]:
    """Yield once."""
    yield Hit(f"the {view.title} is a program in an unpublished format")


RULE = Rule(
    id="opaque-model",
    reads=Opaque.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
