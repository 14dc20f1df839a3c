"""A Python file declares an encoding in which code can stand that readers do not see.

## Why it matters
Python decodes a file by the encoding that its first lines declare. Under `unicode_escape`, `utf-7` or `rot13` what
looks like a comment may become statements; editors and scanners that read UTF-8 see something else than what runs.

## Example
`# coding: unicode_escape`, and a comment with `\\u000a` in it.

## Remedy
Do not import it. If its authors need the encoding, let them save the file as UTF-8.

## References
PEP 263. CWE-436, Interpretation Conflict.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.python import Python
from assay.scan.rule import Hit, Rule


def check(view: Python) -> Iterator[Hit]:
    """An unusual declaration."""
    if view.coding:
        yield Hit(f"it declares the encoding {view.coding[:40]}, in which code can hide", line=1)


RULE = Rule(
    id="python-hidden-encoding",
    reads=Python.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
