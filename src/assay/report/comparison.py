"""What differs from a base model, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core.comparison import Change, Difference, Kind, directions
from assay.core.jsontext import Json
from assay.core.visible import encodable, visible

#: Tensors that are told one by one; the rest is counted.
TOLD: Final = 40


def comparison_lines(difference: Difference) -> Iterator[str]:
    """A line for each tensor that differs, the largest change first, then how many are alike."""
    for change in difference.changes[:TOLD]:
        yield f"  {_measures(change):<44}  {visible(change.name)}"
    if len(difference.changes) > TOLD:
        yield f"  and {len(difference.changes) - TOLD:,} more"
    yield f"  {difference.same:,} tensors are alike to the last bit"


def comparison_json(difference: Difference) -> Json:
    """All of it; what was not measured is null."""
    return {
        "base": encodable(difference.base),
        "same": difference.same,
        "changes": [
            {
                "tensor": encodable(change.name),
                "kind": change.kind.value,
                "dtype": encodable(change.dtype),
                "shape": list(change.shape),
                "share": change.share,
                "norm": _finite(change.norm),
                "largest": _finite(change.largest),
                "rank": change.rank,
                "first": change.first,
            }
            for change in difference.changes
        ],
    }


def _measures(change: Change) -> str:
    if change.kind is not Kind.CHANGED or change.norm is None:
        return change.kind.value
    rank = "" if change.rank is None else f", {directions(change.rank)}"
    return f"changed by {change.norm:.2%}{rank}"


def _finite(number: float | None) -> float | None:
    return number if number is not None and abs(number) != float("inf") else None
