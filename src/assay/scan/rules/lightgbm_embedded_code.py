"""A LightGBM model carries program text.

## Why it matters

The model is a text, and whoever appends a script to it, or hides one in a feature's name, keeps it loadable.
LightGBM does not run it; a tool that treats the file as a script, or turns the model into code, does.

## Example

``feature_names=a;os.system('true')``, or ``import os`` after ``end of parameters``.

## Remedy

Look at the line. Take the model from another source, or remove what is no part of it.

## References

- CWE-506: Embedded Malicious Code; CWE-94: Code Injection
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import CLIMBING, LIBRARY
from assay.formats.tree.lightgbm import LightGbm
from assay.scan.knowledge.mentions import told
from assay.scan.rule import Hit, Rule


def check(view: LightGbm) -> Iterator[Hit]:
    """Yield telling words."""
    for key, mention, line in view.mentions:
        mild = mention.kind in {CLIMBING, LIBRARY}
        yield Hit(f"{key} {told(mention)}", line=line, severity=Severity.LOW if mild else None)


RULE = Rule(
    id="lightgbm-embedded-code",
    reads=LightGbm.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
