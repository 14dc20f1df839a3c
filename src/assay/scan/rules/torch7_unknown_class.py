"""A Torch7 file holds objects of classes that no known Lua package has.

## Why it matters

Reading an object calls the reading method of its class, which must have been loaded before. A class of one's own is
code that has to come along with the model.

## Example

An object of the class ``evil.Loader``.

## Remedy

Find out which package has the class, and whether you trust who made it.

## References

- https://github.com/torch/torch7/blob/master/doc/serialization.md
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.torch7 import Torch7
from assay.scan.knowledge import words
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: Torch7) -> Iterator[Hit]:
    """Yield each unknown class."""
    for name, offset in view.classes.items():
        if name.partition(".")[0] not in words.names("torch7"):
            yield Hit(f"holds an object of the class {shown(name)}", offset)


RULE = Rule(
    id="torch7-unknown-class",
    reads=Torch7.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
