"""A credential lies in the strings of a pickle.

## Why it matters
Pipelines and clients are pickled with what they were configured with: tokens of a hub, keys of a cloud, passwords of a
database. Whoever gets the model gets them, and nobody who looks at the file sees them. Of a pickle of more than 2 MiB
the first and the last MiB are searched.

## Example
A pickled retriever whose state has `{"api_key": "sk-ant-…"}`.

## Remedy
Revoke the credential at once, and pickle the object without it: take credentials from the environment when it is used.

## References
detect-secrets, whose patterns are used. MITRE ATLAS AML.T0055. CWE-798.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.view import Pickle
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.secrets import WORDS, secrets_in
from assay.scan.surroundings.stored_strings import strings_with


def check(view: Pickle) -> Iterator[Hit]:
    """Credentials, by place; never what they say."""
    if view.source is None:
        return
    for offset, text in sorted(strings_with(view.source, WORDS)):
        for secret in secrets_in(text):
            yield Hit(f"{secret.what} lies in a string", offset, severity=secret.severity, confidence=secret.confidence)


RULE = Rule(
    id="pickle-secret",
    reads=Pickle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.EXPOSED_SECRET,
    check=check,
    doc=__doc__,
)
