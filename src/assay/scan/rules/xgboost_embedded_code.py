"""An XGBoost model carries program text.

## Why it matters

Feature names and attributes are free text that tools print, evaluate as formulas or write into generated code.
Program text in them is meant for such a tool.

## Example

A feature named ``__import__('os').system('…')``.

## Remedy

Look at the text. Do not feed the model to tools that turn it into code.

## References

- CWE-506: Embedded Malicious Code; CWE-94: Code Injection
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import CLIMBING
from assay.formats.tree.xgboost import XGBoost
from assay.scan.knowledge.mentions import told
from assay.scan.rule import Hit, Rule


def check(view: XGBoost) -> Iterator[Hit]:
    """Yield telling words."""
    for mention in view.mentions:
        yield Hit(told(mention), severity=Severity.LOW if mention.kind == CLIMBING else None)


RULE = Rule(
    id="xgboost-embedded-code",
    reads=XGBoost.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
