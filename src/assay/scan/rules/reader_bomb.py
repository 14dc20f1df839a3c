"""The file is made to break whoever reads it.

## Why it matters
A count of thousands of millions in a file of a hundred bytes, a list in a list a thousand deep, a type that no version
of the format has: no program writes that, and no broken copy leaves it. Readers crash on it or run out of memory, and a
scanner that gives up says nothing of the rest of the file. A file that was merely cut short is not told here.

## Example
A safetensors header of a thousand `{"a":{"a":…}}`; a gzip in a gzip in a gzip, forty times.

## Remedy
Do not load the file. Get the model from its author again, and compare digests.

## References
CWE-674 (uncontrolled recursion), CWE-789 (allocation of what the input asks for), CWE-409 (decompression bombs).
MITRE ATLAS AML.T0029.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.view import Bomb
from assay.scan.rule import Hit, Rule


def check(view: Bomb) -> Iterator[Hit]:
    """What stopped the reader."""
    yield Hit(f"it is made to break readers: {view.what}", view.place)


RULE = Rule(
    id="reader-bomb",
    reads=Bomb.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.DENIAL_OF_SERVICE,
    check=check,
    doc=__doc__,
)
