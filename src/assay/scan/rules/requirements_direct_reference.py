"""A package is taken straight from an address instead of an index.

## Why it matters
What lies at an address can change, without a version and without a trace; a branch of a repository changes every day.
Installing it runs its build script.

## Example
`git+https://github.com/somebody/something`.

## Remedy
Use a released version from an index, or pin the address to a commit or a hash that you have read.

## References
PEP 508, PEP 440 (direct references). CWE-494.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.requirements import Requirements
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.indexes import direct_references


def check(view: Requirements) -> Iterator[Hit]:
    """Requirements that are addresses."""
    for doubt in direct_references(view.lines):
        yield Hit(doubt.message, line=doubt.line, severity=doubt.severity, confidence=doubt.confidence)


RULE = Rule(
    id="requirements-direct-reference",
    reads=Requirements.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
