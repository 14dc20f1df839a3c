"""A TensorFlow.js model counts more weights than its files hold.

## Why it matters
The manifest lists the weights with their shapes, one after the other, and the files they lie in. When the files are
shorter, a loader ends in the middle of a weight, or takes the rest from what was in the buffer before.

## Example
A weight of shape `[1024, 1024]` in `float32`, and a `group1-shard1of1.bin` of 64 bytes.

## Remedy
If the file was cut off on its way, fetch it again and compare its digest. Otherwise do not load the model.

## References
CWE-125, Out-of-bounds Read. TensorFlow.js, *Model format*: `weightsManifest`.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.ranges import beyond


def check(view: Repository) -> Iterator[Hit]:
    """Of each file the range that reaches furthest."""
    yield from beyond(view, "tfjs")


RULE = Rule(
    id="tfjs-out-of-range",
    reads=Repository.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
