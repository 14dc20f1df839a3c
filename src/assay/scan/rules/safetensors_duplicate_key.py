"""A key stands twice in the header, so two readers see two different models.

## Why it matters
JSON does not say which of two equal keys counts. The reference reader refuses such a file, most JSON parsers take the
last value, some the first: one tool checks one tensor and another loads the other.

## Example
`{"w": {…, "data_offsets": [0, 16]}, "w": {…, "data_offsets": [16, 32]}}`

## Remedy
Do not use the file. Ask for one written by the safetensors library, which never writes a key twice.

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
    """Every key that is repeated."""
    for key in view.duplicates:
        yield Hit(f"the header has the key {key!r} more than once", 8, member=key)


RULE = Rule(
    id="safetensors-duplicate-key",
    reads=Safetensors.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
