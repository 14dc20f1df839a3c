"""Packages are taken from an index that is not known to us.

## Why it matters
Who runs the index decides what is installed, and installing runs code. `--extra-index-url` is worse than it looks: pip
takes the highest version of a name from any index, so that one more index can replace every package
(*dependency confusion*). Serving tools install a model's requirements without asking.

## Example
`--extra-index-url http://192.0.2.1/simple`.

## Remedy
Take packages from an index that you trust, over HTTPS, with hashes.

## References
pip, `--extra-index-url`. CWE-494. MITRE ATLAS AML.T0010.001.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.requirements import Requirements
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.indexes import doubts_about_index


def check(view: Requirements) -> Iterator[Hit]:
    """Indexes and hosts."""
    for doubt in doubts_about_index(view.lines):
        yield Hit(doubt.message, line=doubt.line, severity=doubt.severity, confidence=doubt.confidence)


RULE = Rule(
    id="requirements-untrusted-index",
    reads=Requirements.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
