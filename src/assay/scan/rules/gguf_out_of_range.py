"""A tensor's bytes lie beyond the end of the file.

## Why it matters
A reader that maps the file and trusts the table reads beyond the mapping: it crashes, or takes other memory for
weights.

## Example
A tensor whose offset is 2**40 in a file of 160 bytes.

## Remedy
If the file was cut off on its way, fetch it again and compare its digest. Otherwise do not use it.

## References
The GGUF specification in the ggml repository, `docs/gguf.md`; TALOS-2024-1915.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.gguf import Gguf
from assay.scan.rule import Hit, Rule


def check(view: Gguf) -> Iterator[Hit]:
    """The first such tensor, and how many there are."""
    beyond = [entry for entry in view.entries if entry.end is not None and entry.end > view.file_size]
    if beyond:
        first = min(beyond, key=lambda entry: entry.begin)
        more = f", and {len(beyond) - 1} more do" if len(beyond) > 1 else ""
        message = f"the tensor {first.name!r} claims bytes up to {first.end:,}, beyond the end of the file{more}"
        yield Hit(message, first.offset, member=first.name)


RULE = Rule(
    id="gguf-out-of-range",
    reads=Gguf.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
