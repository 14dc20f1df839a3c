"""Two tensors claim the same bytes.

## Why it matters
The format forbids it, and the reference reader refuses the file. A reader that does not check gives two tensors that
change together, and bytes that were checked as one type are used as another.

## Example
`a` takes bytes 0 to 16 and `b` takes bytes 8 to 24.

## Remedy
Ask for a file written by the safetensors library. Tied weights are stored once and tied again by the model's code.

## References
The security audit of the safetensors library (Trail of Bits, 2023), which names files that several readers read
differently.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.safetensors import Safetensors
from assay.scan.rule import Hit, Rule


def check(view: Safetensors) -> Iterator[Hit]:
    """Every pair of neighbours that overlap."""
    for first, second in view.coverage.overlaps:
        yield Hit(
            f"the tensors {first.name!r} and {second.name!r} claim the same bytes", second.begin, member=second.name
        )


RULE = Rule(
    id="safetensors-overlapping-tensors",
    reads=Safetensors.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
