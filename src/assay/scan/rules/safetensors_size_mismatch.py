"""A tensor's type and shape do not fit the bytes it takes.

## Why it matters
A reader that allocates by shape and copies by offsets, or the other way round, reads or writes beyond what it has. With
huge sizes the product overflows and comes out small.

## Example
Type F32, shape [1099511627776], and 16 bytes of data.

## Remedy
Do not use the file: the reference reader refuses it as well.

## References
The security audit of the safetensors library (Trail of Bits, 2023), which names files that several readers read
differently.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.safetensors import DTYPES, Safetensors
from assay.scan.rule import Hit, Rule


def check(view: Safetensors) -> Iterator[Hit]:
    """Every tensor whose sizes disagree."""
    for entry in view.entries:
        taken = entry.end - entry.begin
        if entry.dtype in DTYPES and entry.expected != taken:
            shape = ", ".join(f"{size:,}" for size in entry.shape[:8])
            asked = "no whole number of" if entry.expected is None else f"{entry.expected:,}"
            message = f"the tensor {entry.name!r} of type {entry.dtype} and shape [{shape}] needs {asked} bytes"
            yield Hit(f"{message} and takes {taken:,}", entry.begin, member=entry.name)


RULE = Rule(
    id="safetensors-size-mismatch",
    reads=Safetensors.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
