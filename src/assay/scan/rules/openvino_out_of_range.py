"""An OpenVINO constant lies beyond the end of the weights file.

## Why it matters
The runtime maps the `.bin` file into memory and takes each constant from the offset that the `.xml` file names. One
that checks too little reads what lies behind it, or crashes.

## Example
`<data offset="0" size="1048576"/>` beside a `.bin` file of 16 bytes.

## Remedy
If the file was cut off on its way, fetch it again and compare its digest. Otherwise do not load the model.

## References
CWE-125, Out-of-bounds Read. OpenVINO, *Operation specification*: Constant.
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
    yield from beyond(view, "openvino")


RULE = Rule(
    id="openvino-out-of-range",
    reads=Repository.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
