"""A skops file names something that is not known to be inert.

## Why it matters

skops makes objects from names in ``schema.json``. It asks before it trusts a name, but people answer by passing on
the list of unknown types as it is; then whatever function or class the file names is fetched, made or called.

## Example

A ``FunctionNode`` for ``posix.system``.

## Remedy

Look at what ``skops.io.get_untrusted_types`` gives and trust only what you know. Never pass its result on unread.

## References

- CVE-2024-37065 (skops: arbitrary code through trusted types)
- https://skops.readthedocs.io/en/stable/persistence.html
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.skops import Skops
from assay.scan.knowledge import skops
from assay.scan.rule import Hit, Rule


def check(view: Skops) -> Iterator[Hit]:
    """Yield each name that is not let through."""
    for node in view.nodes:
        if found := skops.judge(node):
            what, severity = found
            sure = Confidence.HIGH if severity >= Severity.HIGH else Confidence.LOW
            yield Hit(f"a {node.loader} {what}", member=node.path, severity=severity, confidence=sure)


RULE = Rule(
    id="skops-unsafe-type",
    reads=Skops.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
