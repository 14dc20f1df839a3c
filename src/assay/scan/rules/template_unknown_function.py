"""A template calls a function that no model library gives to templates.

## Why it matters
The template fails where the function is missing; where a program offers one of that name, it does what that program
lets it do.

## Example
`{{ run_tool("…") }}`.

## Remedy
Ask which program the template was written for.

## References
Hugging Face Transformers, *Chat templates*.
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
    for reach in view.reaches if "template" in view.name.lower() else ():
        if reach.danger is Danger.CALLS_UNKNOWN:
            yield Hit(f"it {reach.danger.value}: {reach.what}", line=reach.line)


RULE = Rule(
    id="template-unknown-function",
    reads=Template.kind,
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    threats=threat.TEMPLATE_INJECTION,
    check=check,
    doc=__doc__,
)
