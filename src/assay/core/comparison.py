"""How a model's tensors differ from those of the model it is said to come from."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

#: Directions that are looked for in a change; a change with more is told as having more.
DIRECTIONS: Final = 48


class Kind(enum.Enum):
    """How a tensor differs."""

    ADDED = "added"
    REMOVED = "removed"
    RESHAPED = "reshaped"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One tensor that differs. What was not measured is ``None``: types of blocks are compared as bytes only.

    :param shape: of the tensor; of the base's, when it was removed
    :param share: of its numbers that differ, 0 to 1
    :param norm: Frobenius norm of the difference over that of the base's tensor
    :param largest: largest difference of one number
    :param rank: directions that hold 99 % of the difference of a matrix; more than :data:`DIRECTIONS` is one more
    :param first: share of the difference in its first direction, 0 to 1
    """

    name: str
    kind: Kind
    dtype: str
    shape: tuple[int, ...]
    share: float | None = None
    norm: float | None = None
    largest: float | None = None
    rank: int | None = None
    first: float | None = None


def directions(rank: int) -> str:
    """A rank, in words."""
    if rank > DIRECTIONS:
        return f"more than {DIRECTIONS} directions"
    return "one direction" if rank == 1 else f"{rank} directions"


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs.

    :param base: what it was compared with, as the caller named it
    :param changes: the largest first
    :param same: tensors that are alike to the last bit
    """

    base: str
    changes: tuple[Change, ...]
    same: int
