"""A tensor's bytes lie beyond the end of the file.

## Why it matters
A reader that trusts the offsets reads memory that is not the file's: other tensors, other processes' data in a shared
mapping, or nothing at all and crashes.

## Example
A file of 100 bytes whose tensor claims the bytes 0 to 16,384.

## Remedy
If the file was cut off on its way, fetch it again and compare its digest. Otherwise do not use it.

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
    """Every such tensor."""
    for entry in view.out_of_range:
        message = f"the tensor {entry.name!r} claims bytes up to {entry.end:,}, beyond the end of the file"
        yield Hit(message, entry.begin, member=entry.name)


RULE = Rule(
    id="safetensors-out-of-range",
    reads=Safetensors.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
