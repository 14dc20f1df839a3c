"""Two tensors claim the same bytes.

## Why it matters
Bytes that were checked as one tensor are used as another, and changing one changes both.

## Example
Two tensors with the offset 0.

## Remedy
Ask for a file written by the gguf package or by llama.cpp's own tools.

## References
The GGUF specification in the ggml repository, `docs/gguf.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.gguf import Gguf
from assay.scan.rule import Hit, Rule


def check(view: Gguf) -> Iterator[Hit]:
    """Every pair of neighbours that overlap."""
    for first, second in view.coverage.overlaps:
        yield Hit(
            f"the tensors {first.name!r} and {second.name!r} claim the same bytes", second.begin, member=second.name
        )


RULE = Rule(
    id="gguf-overlapping-tensors",
    reads=Gguf.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
