"""A credential lies in the open.

## Why it matters
Whoever can read the file can use the key: read private models and data, write to them, run up a bill. Files of a model
are copied, cached and published; a secret in them is no secret any more.

## Example
`"aws_secret_access_key": "…"` in `config.json`; a private key pasted into a notebook.

## Remedy
Revoke the credential at once, then remove it from the file and its history. Give credentials to programs through the
environment or a secret store.

## References
detect-secrets, whose patterns are used. MITRE ATLAS AML.T0055. CWE-798.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.text import Text
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.secrets import secrets_in


def check(view: Text) -> Iterator[Hit]:
    """Credentials, by line; never what they say."""
    for secret in secrets_in(view.text):
        yield Hit(
            f"{secret.what} lies in the open",
            line=view.first_line + secret.line - 1,
            severity=secret.severity,
            confidence=secret.confidence,
        )


RULE = Rule(
    id="secret-in-text",
    reads=Text.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.EXPOSED_SECRET,
    check=check,
    doc=__doc__,
)
