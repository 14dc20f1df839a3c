"""A CatBoost model carries program text.

## Why it matters

A model keeps free texts: its parameters, names of features and classes. CatBoost runs none of them; program text
there, or behind the trees, is meant for something that does.

## Example

A text ``params`` with ``__import__('os').system('…')``.

## Remedy

Look at the text; take the model from another source.

## References

- CWE-506: Embedded Malicious Code
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import CLIMBING
from assay.formats.tree.catboost import CatBoost
from assay.scan.knowledge.mentions import told
from assay.scan.rule import Hit, Rule


def check(view: CatBoost) -> Iterator[Hit]:
    """Yield telling words."""
    for key, mention in view.mentions:
        severity = Severity.LOW if mention.kind == CLIMBING else None
        yield Hit(f"{key} {told(mention)}", mention.offset or None, member=key, severity=severity)


RULE = Rule(
    id="catboost-embedded-code",
    reads=CatBoost.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
