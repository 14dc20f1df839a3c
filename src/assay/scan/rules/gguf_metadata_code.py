"""A value of the file's keys is code.

## Why it matters
Values are settings and notes that no reader runs. Tools around it show them on web pages or evaluate them, and code
there waits for one that does. Chat templates are judged on their own.

## Example
`general.description = "<script>fetch('https://…')</script>"`

## Remedy
Do not use tools that evaluate metadata. Ask the author what the code is for.

## References
MITRE ATLAS AML.T0018.002, Embed Malware.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.gguf import TEMPLATE, Gguf, Text
from assay.scan.rule import Hit, Rule
from assay.scan.snippet import code_in


def check(view: Gguf) -> Iterator[Hit]:
    """Every value that is code; templates aside."""
    for key, value in view.values.items():
        if isinstance(value, Text) and TEMPLATE not in key and (what := code_in(value.text)):
            yield Hit(f"the value of {key!r} holds {what}", value.offset, member=key)


RULE = Rule(
    id="gguf-metadata-code",
    reads=Gguf.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
