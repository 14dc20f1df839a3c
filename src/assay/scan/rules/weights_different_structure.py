"""Tensors were added, removed or reshaped against the base model.

## Why it matters
A model of the same kind has the same tensors. One more may be a new head, or room for something else; a missing one is
set at random when the model is loaded.

## Example
`classifier.weight` of shape (2, 768) is not in the base.

## Remedy
Compare with the model's configuration: does it say why there are other tensors?

## References
MITRE ATLAS AML.T0018.001, Modify AI Model Architecture.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.comparison import Kind
from assay.core.finding import Confidence, Severity
from assay.scan.compare import Comparison
from assay.scan.rule import Hit, Rule


def check(view: Comparison) -> Iterator[Hit]:
    """Every such tensor."""
    for change in view.changes:
        if change.kind is not Kind.CHANGED:
            shape = ", ".join(f"{size:,}" for size in change.shape)
            yield Hit(f"a tensor of shape ({shape}) was {change.kind.value} against the base", member=change.name)


RULE = Rule(
    id="weights-different-structure",
    reads=Comparison.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.ALTERED_MODEL,
    check=check,
    doc=__doc__,
)
