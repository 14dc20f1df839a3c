"""A PMML model carries program text.

## Why it matters

``Extension`` elements may hold anything, and some evaluators hand them to a script engine. Program text in a model is
there for a reader that runs it, or for whoever opens the file in a browser.

## Example

``<Extension name="script" value="Runtime.getRuntime().exec('…')"/>``

## Remedy

Look at the element. Remove it if the model gives the same answers without it; else find out who wrote it and what
runs it.

## References

- https://dmg.org/pmml/v4-4-1/GeneralStructure.html (extension mechanism)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import CLIMBING
from assay.formats.tree.pmml import Pmml
from assay.scan.knowledge.mentions import told
from assay.scan.rule import Hit, Rule


def check(view: Pmml) -> Iterator[Hit]:
    """Yield script elements and telling words in texts."""
    for tag, line in view.scripts:
        yield Hit(f"has an element <{tag}>", line=line)
    for tag, mention, line in view.mentions:
        climbing = mention.kind == CLIMBING
        yield Hit(f"<{tag}> {told(mention)}", line=line, severity=Severity.LOW if climbing else None)


RULE = Rule(
    id="pmml-embedded-code",
    reads=Pmml.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
