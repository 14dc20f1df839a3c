"""A configuration takes a secret out of the environment.

## Why it matters
OmegaConf's `oc.env` and similar resolvers copy environment variables into the configuration. From there they go
wherever the configuration goes: logs, checkpoints, or an address that the same file gives.

## Example
`url: https://host.example/${oc.env:AWS_SECRET_ACCESS_KEY}`.

## Remedy
Let the program read its credentials itself; keep them out of configurations that come from others.

## References
OmegaConf, *Custom resolvers: oc.env*. LangChain, serialised secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule

_ENVIRONMENT: Final = re.compile(
    r"\$\{(?:oc\.env|env|oc\.decode)\s?:\s?(?:\$\{oc\.env:)?(\w*(?:SECRET|TOKEN|PASSW|API_?KEY|ACCESS_?KEY|CREDENTIAL)\w*)",
    re.IGNORECASE,
)


def check(view: Document) -> Iterator[Hit]:
    """Variables that hold secrets, by their names."""
    for mapping in view.mappings:
        for key, value in mapping.entries.items():
            if isinstance(value, str) and "${" in value and (found := _ENVIRONMENT.search(value[:4_000])):
                place = str(mapping.place.below(key))
                away = Severity.MEDIUM if "://" in value else None
                message = f"the value of {place} takes {found[1]} out of the environment"
                yield Hit(
                    message + (" into an address" if away else ""),
                    member=place,
                    line=view.line(found[1]),
                    severity=away,
                )


RULE = Rule(
    id="config-reads-environment",
    reads=Document.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.EXPOSED_SECRET,
    check=check,
    doc=__doc__,
)
