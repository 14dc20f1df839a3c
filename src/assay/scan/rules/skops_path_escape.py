"""A skops file refers to a file that is not inside it.

## Why it matters

Arrays lie beside ``schema.json`` in the zip and are named by it. A name that climbs out, or that the zip does not
have, is read from elsewhere by any tool that unpacks the file first.

## Example

``"file": "../../etc/passwd"`` in an ``NdArrayNode``.

## Remedy

Do not unpack the file; get it again from its author.

## References

- CWE-22: Path Traversal
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.skops import Skops
from assay.scan.knowledge.paths import escape
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: Skops) -> Iterator[Hit]:
    """Yield names that lead out, and names without a file."""
    for name, path in view.files.items():
        if how := escape(name):
            yield Hit(f"reads {shown(name)}, which {how}", member=path)
        elif name not in view.entries:
            yield Hit(f"reads {shown(name)}, which is not inside", member=path, severity=Severity.LOW)


RULE = Rule(
    id="skops-path-escape",
    reads=Skops.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
