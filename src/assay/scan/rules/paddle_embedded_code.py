"""A PaddlePaddle program carries program text.

## Why it matters

Attributes of operators are numbers and names. Program text among them, or after the end of the program, is meant for
something that runs it.

## Example

``eval(__import__('os').system('true'))`` behind an operator of type ``py_func``.

## Remedy

Do not load the file; look at the text and find out who put it there.

## References

- CWE-506: Embedded Malicious Code
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import CLIMBING
from assay.formats.graph.paddle import Paddle
from assay.scan.knowledge.mentions import told
from assay.scan.rule import Hit, Rule


def check(view: Paddle) -> Iterator[Hit]:
    """Yield telling words."""
    for mention in view.mentions:
        severity = Severity.LOW if mention.kind == CLIMBING else None
        yield Hit(told(mention), mention.offset, severity=severity)


RULE = Rule(
    id="paddle-embedded-code",
    reads=Paddle.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
