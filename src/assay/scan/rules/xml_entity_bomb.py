"""An XML document's entities expand to far more than is written.

## Why it matters

Entities that stand for other entities grow without bound: a few hundred bytes become gigabytes in the parser
("billion laughs"). Loading the model then takes the machine's memory.

## Example

``<!ENTITY b "&a;&a;&a;&a;…">``, ``<!ENTITY c "&b;&b;…">`` and so on, ten levels deep.

## Remedy

Do not load the file with a parser that expands entities. A model needs none: ask for one without a DOCTYPE.

## References

- CWE-776: Improper Restriction of Recursive Entity References in DTDs
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.xml import Xml
from assay.scan.rule import Hit, Rule

#: What all references of a document may come to; drawing programs declare a few addresses and use them a hundred times.
ALLOWED: Final = 1 << 20


def check(view: Xml) -> Iterator[Hit]:
    """Yield once, when the references come to too much or run in a circle."""
    sizes: dict[str, int] = {}
    total = 0
    for entity in view.declared.entities:
        # An entity may only refer to those before it; a later or own name is a circle, which parsers refuse.
        size = entity.size + sum(sizes.get(name, 0) * count for name, count in entity.references)
        sizes.setdefault(entity.name, size)
        total = max(total, size)
    used = sum(sizes.get(name, 0) * count for name, count in view.declared.references.items())
    if max(total, used) > ALLOWED:
        yield Hit(f"declares entities that expand to {max(total, used):,} characters")


RULE = Rule(
    id="xml-entity-bomb",
    reads=Xml.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.DENIAL_OF_SERVICE,
    check=check,
    doc=__doc__,
)
