"""A LightGBM model has lines that are no part of it.

## Why it matters

LightGBM skips what it does not know, so text can be carried along unseen: before, between and after the trees.

## Example

A line of base64 text after ``pandas_categorical:[]``.

## Remedy

Look at the lines; remove them, or take the model from another source.

## References

- https://lightgbm.readthedocs.io/
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.lightgbm import LightGbm
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: LightGbm) -> Iterator[Hit]:
    """Yield the first such line of each part of the file."""
    seen = set()
    for line in view.stray:
        if line.where not in seen:
            seen.add(line.where)
            yield Hit(f"{shown(line.text, 80)} is no part of a model's {line.where}", line=line.number)


RULE = Rule(
    id="lightgbm-stray-text",
    reads=LightGbm.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
