"""A key stands twice in one object, with different values.

## Why it matters
JSON and YAML leave open which of them counts. Python takes the last, other parsers the first or none: one reader, a
scanner perhaps, sees a harmless file where another sees something else.

## Example
`{"auto_map": {}, "hidden_size": 64, "auto_map": {"AutoModel": "evil.Model"}}`.

## Remedy
Ask where the file comes from; remove one of the two. No tool writes such a file.

## References
RFC 8259, section 4. CWE-436, Interpretation Conflict.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule


def check(view: Document) -> Iterator[Hit]:
    """Repeated keys."""
    places = {id(mapping.entries): mapping.place for mapping in view.mappings} if view.repeated else {}
    for repeated in view.repeated:
        if not repeated.differs:
            continue
        above = places.get(id(repeated.mapping))
        place = str(above.below(repeated.key)) if above is not None else repeated.key[:60]
        yield Hit(
            f"the key {repeated.key[:80]!r} stands twice with different values",
            member=place,
            line=view.line(f'"{repeated.key}"' if view.notation == "json" else repeated.key),
            severity=Severity.LOW if repeated.wide or view.notation != "json" else None,
        )


RULE = Rule(
    id="json-duplicate-key",
    reads=Document.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
