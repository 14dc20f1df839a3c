"""An entry of the header is not a tensor's description as the format has it.

## Why it matters
What one reader refuses another may take for something else. A description without a type, with a negative size or with
offsets in the wrong order is read differently by readers that are less strict than the reference.

## Example
`"w": {"dtype": "F32", "shape": [-1], "data_offsets": [16, 0]}`

## Remedy
Ask for a file written by the safetensors library.

## References
The format's description in the README of the safetensors library, section Format.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.safetensors import Safetensors
from assay.scan.rule import Hit, Rule


def check(view: Safetensors) -> Iterator[Hit]:
    """Every entry that is none, and metadata that are no strings."""
    for name, what in view.malformed:
        unknown = what.startswith("has the unknown key")
        yield Hit(f"the entry {name!r} {what}", 8, member=name, severity=Severity.LOW if unknown else None)
    for key in view.metadata_other:
        yield Hit(f"the metadata's {key!r} is no string", 8, member="__metadata__")


RULE = Rule(
    id="safetensors-malformed-entry",
    reads=Safetensors.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
