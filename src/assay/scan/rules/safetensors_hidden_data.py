"""Bytes lie between or behind the tensors that no tensor covers.

## Why it matters
The format allows no holes: all bytes after the header belong to a tensor. Whatever lies in one is loaded by nobody who
reads safetensors, and found by whoever knows where to look: a pickle for a second stage, or a whole zip behind the last
tensor, which makes the file a PyTorch checkpoint for readers that open zips from their end.

## Example
Tensor `a` takes bytes 0 to 16, tensor `b` bytes 44 to 60, and between them stands a pickle that calls `posix.system`.

## Remedy
Do not use the file. Loading it with the reference reader and saving it again keeps the tensors and nothing else, if the
reader takes it at all.

## References
The security audit of the safetensors library (Trail of Bits, 2023), which names files that several readers read
differently. What lies in the hole is inspected on its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.safetensors import Safetensors
from assay.scan.rule import Hit, Rule


def check(view: Safetensors) -> Iterator[Hit]:
    """Every hole; one of zeros may be somebody's alignment."""
    for gap in view.coverage.gaps:
        where = "behind the last tensor" if gap.trailing else "between tensors"
        what = "zeros" if gap.zeros else "bytes"
        severity = Severity.LOW if gap.zeros else None
        yield Hit(f"{gap.end - gap.begin:,} {what} {where} belong to no tensor", gap.begin, severity=severity)


RULE = Rule(
    id="safetensors-hidden-data",
    reads=Safetensors.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
