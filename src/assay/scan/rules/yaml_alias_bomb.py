"""Aliases in a YAML file stand for more values than memory holds.

## Why it matters
An alias repeats what an anchor holds. A few lines of aliases of aliases make billions of values; a program that walks
or copies the loaded tree never ends.

## Example
`a: &a [x, x]`, `b: &b [*a, *a]`, `c: &c [*b, *b]` and so on, thirty times.

## Remedy
Do not load it. No honest configuration does this.

## References
CWE-776 (*billion laughs*).
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule


def check(view: Document) -> Iterator[Hit]:
    """An expansion out of all proportion."""
    if view.expansion:
        yield Hit(f"its aliases stand for at least {view.expansion:,} values")


RULE = Rule(
    id="yaml-alias-bomb",
    reads=Document.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.DENIAL_OF_SERVICE,
    check=check,
    doc=__doc__,
)
