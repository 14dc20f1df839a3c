"""A template reaches into Python's internals, from where it can run anything.

## Why it matters
Chat templates are Jinja, a language with access to attributes. From any value a template can climb by `__class__`,
`__globals__` and the like to the interpreter and run commands, wherever it is rendered without a sandbox:
llama-cpp-python did so, and sandboxes have had holes. Laying out a conversation needs none of these names.

## Example
`{{ ().__class__.__base__.__subclasses__() }}`, or the same put together from pieces: `{{ x|attr("__cl" ~ "ass__") }}`.

## Remedy
Do not use the template. Take the one from the model's original authors, and render templates in a sandbox only.

## References
CVE-2024-34359 (llama-cpp-python). CVE-2024-56326, CVE-2025-27516 (Jinja's sandbox: `format`, `attr`).
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.template import Template
from assay.formats.repository.template_danger import Danger
from assay.scan.rule import Hit, Rule


def check(view: Template) -> Iterator[Hit]:
    """Attributes that lead out of a template."""
    for reach in view.reaches:
        if reach.danger is Danger.INTERNALS:
            inner = reach.what == "self" or not reach.what.startswith("_") or reach.what.startswith("__")
            message = f"it {reach.danger.value}: {reach.what}"
            yield Hit(message, line=reach.line, severity=None if inner else Severity.LOW)
        elif reach.danger in (Danger.HIDDEN_NAME, Danger.FORMAT):
            yield Hit(f"it {reach.danger.value}: {reach.what}", line=reach.line, severity=Severity.HIGH)


RULE = Rule(
    id="template-reaches-internals",
    reads=Template.kind,
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    threats=threat.TEMPLATE_INJECTION,
    check=check,
    doc=__doc__,
)
