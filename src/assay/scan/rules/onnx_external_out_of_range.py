"""An ONNX tensor's numbers lie beyond the end of the file that holds them.

## Why it matters
Runtimes map the file of external data into memory and take the range that the model names. One that checks too little
reads what lies behind: other data of the process, which then are weights, and can be asked for.

## Example
`"offset": "0", "length": "1073741824"` of a `weights.bin` of 64 bytes; an `offset` of `-4096`.

## Remedy
If the file was cut off on its way, fetch it again and compare its digest. Otherwise do not load the model.

## References
- CWE-125: Out-of-bounds Read
- https://onnx.ai/onnx/repo-docs/ExternalData.html
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
    yield from beyond(view, "onnx")


RULE = Rule(
    id="onnx-external-out-of-range",
    reads=Repository.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
