"""A template loads another template.

## Why it matters
Where templates are loaded from folders, `include`, `import` and `extends` read a file by a name that the template
gives. A chat template is a single text and has nothing to include.

## Example
`{% include "/etc/passwd" %}`.

## Remedy
Do not use the template.

## References
Jinja, *Template designer documentation*. MITRE ATLAS AML.T0037.
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
        if reach.danger is Danger.LOADS:
            # Templates of web pages include each other; a chat template stands alone.
            severity = None if "template" in view.name.lower() else Severity.LOW
            yield Hit(f"it {reach.danger.value}: {reach.what}", line=reach.line, severity=severity)


RULE = Rule(
    id="template-loads-template",
    reads=Template.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.TEMPLATE_INJECTION,
    check=check,
    doc=__doc__,
)
