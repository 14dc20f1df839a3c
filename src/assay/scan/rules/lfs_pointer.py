"""The file is only a pointer; what it stands for was not fetched, and not inspected.

## Why it matters
Git LFS puts a few lines in place of a large file. Nothing can be said about the bytes that they point to: a clean
result is about the pointer alone.

## Example
`model.safetensors` of 134 bytes that begins with `version https://git-lfs.github.com/spec/v1`.

## Remedy
Fetch the file (`git lfs pull`) and scan again.

## References
Git LFS specification.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.pointer import Pointer
from assay.scan.rule import Hit, Rule


def check(view: Pointer) -> Iterator[Hit]:
    """Every pointer."""
    yield Hit(
        f"it stands for {view.size:,} bytes (sha256:{view.digest[:12]}…) that are not here and were not inspected"
    )


RULE = Rule(
    id="lfs-pointer",
    reads=Pointer.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
