"""Bytes lie between or behind the tensors that no tensor covers.

## Why it matters
Tensors follow each other with a few zeros of padding. What else lies there is loaded by nobody who reads GGUF, and
found by whoever knows where to look.

## Example
A shell script behind the last tensor; a pickle in 4 KiB between two.

## Remedy
Do not use the file. Writing it again with the gguf package keeps keys and tensors and nothing else.

## References
The GGUF specification in the ggml repository, `docs/gguf.md`. What lies there is inspected on its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.gguf import Gguf
from assay.scan.rule import Hit, Rule


def check(view: Gguf) -> Iterator[Hit]:
    """Every hole that is more than padding; one of zeros may be somebody's alignment."""
    for gap in view.coverage.gaps:
        where = "behind the last tensor" if gap.trailing else "between tensors"
        what = "zeros" if gap.zeros else "bytes"
        severity = Severity.LOW if gap.zeros else None
        yield Hit(f"{gap.end - gap.begin:,} {what} {where} belong to no tensor", gap.begin, severity=severity)


RULE = Rule(
    id="gguf-hidden-data",
    reads=Gguf.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
