"""An XGBoost model contradicts itself.

## Why it matters

XGBoost's library walks the trees by the indices that stand in the model and allocates by its counts. Negative
counts, arrays of different lengths and children that do not exist make it read or write beside its memory; a tree
that leads back to its own root never ends.

## Example

``"num_nodes": "-1"`` with ``"left_children": [99999999]``.

## Remedy

Do not load the model; train or export it again. No version of XGBoost writes such a model.

## References

- https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html (JSON schema of the model)
- CWE-125: Out-of-bounds Read; CWE-129: Improper Validation of Array Index
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.xgboost import XGBoost
from assay.scan.rule import Hit, Rule


def check(view: XGBoost) -> Iterator[Hit]:
    """Yield each contradiction."""
    for fault in view.faults:
        yield Hit(f"{fault.place} {fault.what}", member=fault.place)


RULE = Rule(
    id="xgboost-inconsistent-model",
    reads=XGBoost.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
