"""A Core ML model's weights lie beyond the end of the file that holds them.

## Why it matters
The model names an offset in the file of blobs, where a record says how long the numbers are. An offset beyond the file
makes a loader that checks too little read a record from elsewhere, and with it a length and a place of any value.

## Example
A `blobFileValue` with offset 4,096 in a `weight.bin` of 64 bytes.

## Remedy
If the file was cut off on its way, fetch it again and compare its digest. Otherwise do not load the model.

## References
CWE-125, Out-of-bounds Read. coremltools, `MIL.proto` and the blob file format.
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
    yield from beyond(view, "coreml")


RULE = Rule(
    id="coreml-out-of-range",
    reads=Repository.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
