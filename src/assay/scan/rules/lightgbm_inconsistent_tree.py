"""A LightGBM tree contradicts itself.

## Why it matters

LightGBM's library walks the trees by the indices that stand in the text and allocates by its counts. Lists of the
wrong length and children that do not exist make it read or write beside its memory; a tree that leads back to its
own root never ends.

## Example

``num_leaves=3`` with ``left_child=1 99999``.

## Remedy

Do not load the model; train or export it again. No version of LightGBM writes such a model.

## References

- CWE-125: Out-of-bounds Read; CWE-129: Improper Validation of Array Index
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.lightgbm import LightGbm
from assay.scan.rule import Hit, Rule


def check(view: LightGbm) -> Iterator[Hit]:
    """Yield each contradiction."""
    for fault in view.faults:
        yield Hit(f"tree {fault.tree} {fault.what}", line=fault.line)


RULE = Rule(
    id="lightgbm-inconsistent-tree",
    reads=LightGbm.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
