"""An XML document declares an entity that lies outside it.

## Why it matters

A parser that follows the declaration reads any file of the machine, or calls any address, and puts what it finds
into the document: the classic XXE attack. A model has no use for it.

## Example

``<!ENTITY x SYSTEM "file:///etc/passwd">`` in the head of a ``.pmml`` file, and ``&x;`` where a name belongs.

## Remedy

Do not load the file. Ask its author for one without a DOCTYPE, or remove the declarations, and load it with a
parser that refuses external entities.

## References

- CWE-611: Improper Restriction of XML External Entity Reference
- OWASP: XML External Entity Prevention
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.xml import Xml
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

#: A viewer fetches it, and a style in XSLT may do more than paint.
_STYLESHEET: Final = re.compile(r"""href\s*=\s*["']((?:\w+:)?//[^"']*)""")


def check(view: Xml) -> Iterator[Hit]:
    """Yield every declaration that names another document."""
    for entity in view.declared.entities:
        if entity.system is not None:
            yield Hit(f"declares the entity {shown(entity.name)} from {shown(entity.system)}", line=entity.line)
    for address, line in view.includes:
        yield Hit(f"includes {shown(address)}", line=line, severity=Severity.MEDIUM)
    for target, data in view.declared.instructions:
        found = _STYLESHEET.search(data) if target.startswith("xml-stylesheet") else None
        if found:
            yield Hit(f"asks for its style from {shown(found[1])}", line=1, severity=Severity.LOW)


RULE = Rule(
    id="xml-external-entity",
    reads=Xml.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
