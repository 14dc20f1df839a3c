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
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule

_LONG: Final = 500


def check(view: Document) -> Iterator[Hit]:
    """Repeated keys."""
    tables = _tables(view) if view.repeated else set()
    places = {id(mapping.entries): mapping.place for mapping in view.mappings} if view.repeated else {}
    for repeated in view.repeated:
        if not repeated.differs:
            continue
        wide = repeated.wide or id(repeated.mapping) in tables
        above = places.get(id(repeated.mapping))
        place = str(above.below(repeated.key)) if above is not None else repeated.key[:60]
        yield Hit(
            f"the key {repeated.key[:80]!r} stands twice with different values",
            member=place,
            line=view.line(f'"{repeated.key}"' if view.notation == "json" else repeated.key),
            severity=Severity.LOW if wide or view.notation != "json" else None,
        )


def _tables(view: Document) -> set[int]:
    """Identities of the mappings of a table in parts: what holds them holds nothing else, and one of them is long."""
    found: set[int] = set()
    for mapping in view.mappings:
        parts = list(mapping.entries.values())
        if all(isinstance(part, dict) for part in parts) and any(len(part) > _LONG for part in parts):  # type: ignore[arg-type]
            found.update(map(id, parts))
    return found


RULE = Rule(
    id="json-duplicate-key",
    reads=Document.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
