"""The header is far longer than what it describes, or claims to be.

## Why it matters
Eight bytes say how long the header is. A reader that believes them allocates that much and parses it: a claim of many
gigabytes exhausts memory, and a header filled with blanks hides bytes that nobody looks at. The reference reader takes
no more than 100 MB.

## Example
A file of 200 bytes whose first eight bytes claim a header of 2**62 bytes; a header of 300 bytes with 5 MB of blanks.

## Remedy
Do not load it with anything but the reference reader, which refuses it. If the file was cut off on its way, fetch it
again.

## References
The security audit of the safetensors library (Trail of Bits, 2023), which names files that several readers read
differently.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.safetensors import MAX_HEADER, Safetensors
from assay.scan.rule import Hit, Rule

#: The writer fills up to eight bytes; some tools leave a page or two for later changes.
BLANKS: Final = 64 << 10


def check(view: Safetensors) -> Iterator[Hit]:
    """A header beyond the limit, beyond the file, or mostly blank."""
    if view.header_size > MAX_HEADER:
        yield Hit(f"the header claims {view.header_size:,} bytes, more than any reader should take", 0)
    elif view.header_truncated:
        message = f"the header claims {view.header_size:,} bytes and the file ends before that"
        yield Hit(message, 0, severity=Severity.MEDIUM, confidence=Confidence.MEDIUM)
    elif view.padding > BLANKS:
        yield Hit(f"the header ends in {view.padding:,} blanks", 8, severity=Severity.MEDIUM)


RULE = Rule(
    id="safetensors-header-bloat",
    reads=Safetensors.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.DENIAL_OF_SERVICE,
    check=check,
    doc=__doc__,
)
