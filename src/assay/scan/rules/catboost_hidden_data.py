"""A CatBoost model has bytes or parts that no CatBoost writes.

## Why it matters

Bytes behind the trees that no part accounts for are skipped by the library: a place to carry data unseen.

## Example

A megabyte after a core that names no further parts.

## Remedy

Take the model from another source, or save it again with CatBoost.

## References

- CWE-506: Embedded Malicious Code
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.catboost import PARTS, VERSIONS, CatBoost
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: CatBoost) -> Iterator[Hit]:
    """Yield what does not belong."""
    for fault in view.faults:
        yield Hit(f"the model {fault}")
    for part in view.part_kinds:
        if not part.startswith(PARTS):
            yield Hit(f"the model has a part of the unknown kind {shown(part)}", severity=Severity.LOW)
    if view.version and view.version not in VERSIONS:
        yield Hit(f"the model has the unknown version {shown(view.version)}", severity=Severity.LOW)


RULE = Rule(
    id="catboost-hidden-data",
    reads=CatBoost.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
