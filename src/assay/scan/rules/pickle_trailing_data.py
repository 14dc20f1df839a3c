"""Bytes follow the last pickle that belong to none.

## Why it matters

A loader stops at the end of the pickle and never looks at the rest, which makes it a place to keep what is to be
found by another reader: a second format, an archive, a program.

## Example

An archive appended to a pickle: one program loads the model, another one unpacks it.

## Remedy

Write the model again with the library that made it, and compare the sizes.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.view import Pickle
from assay.scan.rule import Hit, Rule

#: The number that PyTorch's old form begins with: five pickles, then raw numbers.
_TORCH: Final = 0x1950A86A20F9469CFC6C


def check(view: Pickle) -> Iterator[Hit]:
    """Bytes that belong to no pickle; the numbers behind PyTorch's old form are another reader's."""
    if view.results and view.results[0] == _TORCH:
        return
    if view.trailing and view.streams and not view.broken:
        yield Hit(f"{view.trailing:,} bytes follow the last pickle and belong to none", view.end)


RULE = Rule(
    id="pickle-trailing-data",
    reads=Pickle.kind,
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
