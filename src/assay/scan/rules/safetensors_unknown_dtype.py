"""A tensor has an element type that the format does not have.

## Why it matters
What the bytes mean is known to one reader only, and nobody else can check them.

## Example
`"w": {"dtype": "F128", "shape": [4], "data_offsets": [0, 64]}`

## Remedy
Ask which program wrote the file, and whether a newer version of assay knows the type.

## References
The element types in the safetensors library's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.safetensors import DTYPES, Safetensors
from assay.scan.rule import Hit, Rule


def check(view: Safetensors) -> Iterator[Hit]:
    """Every such tensor."""
    for entry in view.entries:
        if entry.dtype not in DTYPES:
            yield Hit(
                f"the tensor {entry.name!r} has the unknown type {entry.dtype[:40]!r}", entry.begin, member=entry.name
            )


RULE = Rule(
    id="safetensors-unknown-dtype",
    reads=Safetensors.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
