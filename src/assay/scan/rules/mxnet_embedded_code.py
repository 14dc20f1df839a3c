"""An MXNet model carries program text.

## Why it matters

Names and attributes of a graph, and names of parameters, have no place for program text. Where it stands, something
is meant to run it.

## Example

``"attrs": {"metadata": "__import__('os').system('…')"}``

## Remedy

Do not load the model; look at the text and find out who put it there.

## References

- CWE-506: Embedded Malicious Code
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import CLIMBING, LIBRARY
from assay.formats.graph.mxnet import MxNet
from assay.scan.knowledge.mentions import told
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: MxNet) -> Iterator[Hit]:
    """Yield telling words; libraries and paths are another rule's."""
    for name, mention in view.mentions:
        if mention.kind not in {LIBRARY, CLIMBING}:
            yield Hit(f"node {shown(name)} {told(mention)}", member=name)


RULE = Rule(
    id="mxnet-embedded-code",
    reads=MxNet.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
