"""A variable lies beyond the end of the checkpoint's data.

## Why it matters
The index of a checkpoint says where in the data files each variable lies. A reader that checks too little takes bytes
that are not the file's, or none at all, and the variable is what happened to be in memory.

## Example
An entry with `offset` 0 and `size` 1,048,576 for a `variables.data-00000-of-00001` of 16 bytes.

## Remedy
If the file was cut off on its way, fetch it again and compare its digest. Otherwise do not load the model.

## References
CWE-125, Out-of-bounds Read. TensorFlow, `tensor_bundle.proto`.
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
    yield from beyond(view, "tensorflow")


RULE = Rule(
    id="tensorflow-out-of-range",
    reads=Repository.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
