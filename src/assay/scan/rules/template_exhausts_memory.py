"""A template makes so much that whoever renders it runs out of memory or time.

## Why it matters
A loop over a huge range or the multiple of a text costs the template a few characters and the server everything. A
sandbox does not stop it in all versions.

## Example
`{{ "x" * 10**9 }}`, or a loop over `range(10**9)`.

## Remedy
Do not use the template.

## References
CWE-400. Jinja, *Sandbox: MAX_RANGE*.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.template import Template
from assay.formats.repository.template_danger import Danger
from assay.scan.rule import Hit, Rule


def check(view: Template) -> Iterator[Hit]:
    """Reaches of this kind."""
    for reach in view.reaches:
        if reach.danger is Danger.EXHAUSTS:
            yield Hit(f"it {reach.danger.value}: {reach.what}", line=reach.line)


RULE = Rule(
    id="template-exhausts-memory",
    reads=Template.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.DENIAL_OF_SERVICE,
    check=check,
    doc=__doc__,
)
