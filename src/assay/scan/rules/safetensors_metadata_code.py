"""The metadata hold code.

## Why it matters
Metadata are notes: the reference reader runs none of them. Tools around it do use them, show them on web pages or
evaluate them as settings, and code there waits for one that does.

## Example
`"__metadata__": {"init": "__import__('os').system('…')"}`

## Remedy
Do not use tools that evaluate metadata. Ask the author what the code is for; the tensors can be saved again without it.

## References
MITRE ATLAS AML.T0018.002, Embed Malware.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.safetensors import Safetensors
from assay.scan.rule import Hit, Rule
from assay.scan.snippet import code_in


def check(view: Safetensors) -> Iterator[Hit]:
    """Every note that is code."""
    for key, value in view.metadata.items():
        if what := code_in(value):
            yield Hit(f"the metadata's {key[:80]!a} holds {what}", 8, member="__metadata__")
        if what := code_in(key):
            yield Hit(f"a name in the metadata holds {what}", 8, member="__metadata__")


RULE = Rule(
    id="safetensors-metadata-code",
    reads=Safetensors.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
