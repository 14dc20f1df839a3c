"""A tensor differs from the base model in very few directions.

## Why it matters
A merged adapter changes a matrix in as many directions as its rank, an edit of one fact in one. It says how a model was
made from its base: by training all of it, by an adapter, or by hand.

## Example
`model.layers.5.mlp.down_proj.weight`, 4,096 by 14,336: 99 % of the difference lies in one direction.

## Remedy
Ask which adapter was merged, and inspect that one. If none was, ask who edited the model.

## References
LoRA (Hu et al.: ICLR 2022); ROME (Meng et al.: NeurIPS 2022).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.comparison import Change, directions
from assay.core.finding import Confidence, Severity
from assay.scan.compare import Comparison
from assay.scan.rule import Hit, Rule

#: One direction of so many that there are.
NARROW: Final = 16
TOLD: Final = 20


def check(view: Comparison) -> Iterator[Hit]:
    """Every such matrix, the first ones one by one."""
    for change in [change for change in view.changed if _is_narrow(change)][:TOLD]:
        assert change.rank is not None
        sizes = " by ".join(f"{size:,}" for size in change.shape)
        yield Hit(f"99 % of the difference of {sizes} numbers lies in {directions(change.rank)}", member=change.name)


def _is_narrow(change: Change) -> bool:
    """Few directions of many, and not because few numbers differ at all."""
    return change.rank is not None and change.rank * NARROW <= min(change.shape[0], change.shape[-1])


RULE = Rule(
    id="weights-low-rank-change",
    reads=Comparison.kind,
    severity=Severity.INFO,
    confidence=Confidence.MEDIUM,
    threats=threat.ALTERED_MODEL,
    check=check,
    doc=__doc__,
)
