"""A few tensors differ from the base model, and all others are the same to the last bit.

## Why it matters
Training changes nearly every tensor. A model in which two of three hundred differ was edited on purpose: one fact
replaced, one class of inputs sent elsewhere, a payload written into one layer.

## Example
Of 103 tensors only `encoder.layer.4.output.dense.weight` differs, by 0.3 % of its norm, in one direction.

## Remedy
Ask who changed it and why, and test the model's behaviour on what the change may be about.

## References
ROME (Meng et al.: NeurIPS 2022), which edits one matrix by one direction; BadEdit (Li et al.: ICLR 2024).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.comparison import directions
from assay.core.finding import Confidence, Severity
from assay.scan.compare import Comparison
from assay.scan.rule import Hit, Rule

#: Fewer tensors are too few to say that most are the same.
FEWEST: Final = 8
#: At most one of so many differs.
SHARE: Final = 8
TOLD: Final = 20


def check(view: Comparison) -> Iterator[Hit]:
    """The tensors that differ, when they are few among many."""
    changed = view.changed
    if not changed or view.common < FEWEST or len(changed) * SHARE > view.common:
        return
    for change in changed[:TOLD]:
        size = "" if change.norm is None else f" by {change.norm:.2%} of its norm"
        rank = "" if change.rank is None else f", in {directions(change.rank)}"
        yield Hit(f"it differs{size}{rank}, and {view.same:,} of {view.common:,} tensors do not", member=change.name)


RULE = Rule(
    id="weights-isolated-change",
    reads=Comparison.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.ALTERED_MODEL,
    check=check,
    doc=__doc__,
)
