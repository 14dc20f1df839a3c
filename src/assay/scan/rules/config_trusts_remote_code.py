"""A configuration allows code that comes with a model to run.

## Why it matters
`trust_remote_code: true` in the configuration of a training or serving tool takes a decision that should be yours:
every model that the configuration names may then bring its own Python.

## Example
`trust_remote_code: true` in a YAML file for a serving tool.

## Remedy
Set it to false, and to true only for models whose code you have read, at a pinned revision.

## References
Hugging Face Transformers, *Custom models*.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule

_KEYS: Final = frozenset(
    {"trust_remote_code", "trust-remote-code", "allow_remote_code", "allow_dangerous_deserialization"}
)


def check(view: Document) -> Iterator[Hit]:
    """Keys that turn trust on."""
    for mapping in view.mappings:
        for key in _KEYS & mapping.entries.keys():
            if mapping.entries[key] in (True, "true", "True", "1"):
                message = f"{key} is on: what the models it names bring along is run"
                yield Hit(message, member=str(mapping.place.below(key)), line=view.line(key))


RULE = Rule(
    id="config-trusts-remote-code",
    reads=Document.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
