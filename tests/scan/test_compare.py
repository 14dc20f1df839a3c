"""Comparing with a base: what changed, by how much, in how many directions."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from assay.core.comparison import DIRECTIONS, Kind, directions
from assay.formats.budget import Budget
from assay.formats.source import Memory
from assay.formats.view import Tensor, View
from assay.scan.compare import Comparison, compare


class Model(View):
    """Tensors by name."""

    kind = "test"

    def __init__(self, **arrays: np.ndarray) -> None:
        super().__init__()
        self.arrays = arrays

    def tensors(self):
        for name, array in self.arrays.items():
            yield Tensor(name, array.dtype.name, array.shape, Memory(array.tobytes()), 0)


def matrix(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    """Random numbers."""
    return np.random.default_rng(seed).standard_normal((rows, columns)).astype("<f4")


def compared(base: dict[str, np.ndarray], current: dict[str, np.ndarray]) -> Comparison:
    """Compare two models."""
    return compare([Model(**base)], [Model(**current)], Budget())


def test_the_same_is_the_same() -> None:
    """To the last bit, however many files it is spread over."""
    tensors = {name: matrix(8, 8, seed) for seed, name in enumerate("abc")}
    split = [Model(a=tensors["a"]), Model(b=tensors["b"], c=tensors["c"])]
    result = compare([Model(**tensors)], split, Budget())
    assert (result.same, result.changes) == (3, ())


@pytest.mark.parametrize("rank", [1, 5, 8])
def test_the_rank_of_a_change_is_found(rank: int) -> None:
    """A merged adapter of rank 5 changes a matrix in five directions, whatever its size."""
    base = matrix(120, 80)
    delta = matrix(120, rank, 1) @ matrix(rank, 80, 2) * 1e-3
    (change,) = compared({"w": base}, {"w": base + delta}).changes
    assert change.rank == rank
    assert change.norm == pytest.approx(np.linalg.norm(delta) / np.linalg.norm(base), rel=1e-3)
    assert change.largest == pytest.approx(np.abs(delta).max(), rel=1e-3)
    assert change.share == pytest.approx(1, abs=0.01)


def test_a_change_in_all_directions_has_more_than_are_looked_for() -> None:
    """Training changes a matrix everywhere."""
    base = matrix(80, 80)
    (change,) = compared({"w": base}, {"w": base + matrix(80, 80, 1) * 1e-3}).changes
    assert change.rank == DIRECTIONS + 1
    assert directions(change.rank) == "more than 48 directions"


def test_the_largest_change_comes_first_and_structure_last() -> None:
    """Then added, removed and reshaped tensors by name."""
    base = {"a": matrix(4, 4), "b": matrix(4, 4), "c": matrix(4, 4), "gone": matrix(2, 2)}
    current = {"a": base["a"] * 1.1, "b": base["b"] * 2, "c": matrix(2, 8), "new": matrix(2, 2)}
    result = compared(base, current)
    assert [(change.name, change.kind) for change in result.changes] == [
        ("b", Kind.CHANGED),
        ("a", Kind.CHANGED),
        ("c", Kind.RESHAPED),
        ("gone", Kind.REMOVED),
        ("new", Kind.ADDED),
    ]
    assert result.common == 2


def test_one_changed_number_is_found() -> None:
    """Its share is one of all."""
    base = matrix(100, 100)
    other = base.copy()
    other[3, 4] += 1
    (change,) = compared({"w": base}, {"w": other}).changes
    assert (change.share, change.rank) == (1 / 10_000, 1)


def test_types_are_converted_before_they_are_compared() -> None:
    """The same numbers in another type are the same; values that are none do not spread."""
    half = matrix(8, 8).astype("<f2")
    assert compared({"w": half}, {"w": half.astype("<f4")}).same == 1
    broken = half.astype("<f4")
    broken[0, 0] = np.nan
    (change,) = compared({"w": half}, {"w": broken}).changes
    assert change.norm is not None
    assert change.norm < 1


def test_brain_floats_are_read_as_what_they_are() -> None:
    """Their bits are the upper half of a float's."""

    class Brain(View):
        kind = "test"

        def __init__(self, values: list[float]) -> None:
            super().__init__()
            self.data = b"".join(struct.pack("<f", value)[2:] for value in values)

        def tensors(self):
            yield Tensor("w", "bfloat16", (len(self.data) // 2,), Memory(self.data), 0)

    (change,) = compare([Brain([1.0, 2.0])], [Brain([1.0, 4.0])], Budget()).changes
    assert (change.largest, change.share) == (2.0, 0.5)


def test_blocks_are_compared_as_bytes() -> None:
    """A quantised tensor differs or does not; by how much is not known."""

    class Blocks(View):
        kind = "test"

        def __init__(self, data: bytes) -> None:
            super().__init__()
            self.data = data

        def tensors(self):
            yield Tensor("w", "Q4_0", (32,), Memory(self.data), 0)

    assert compare([Blocks(bytes(18))], [Blocks(bytes(18))], Budget()).same == 1
    (change,) = compare([Blocks(bytes(18))], [Blocks(b"\1" * 18)], Budget()).changes
    assert (change.kind, change.norm) == (Kind.CHANGED, None)


def test_the_same_models_give_the_same_answer() -> None:
    """The random directions are always the same ones."""
    base, other = matrix(64, 64), matrix(64, 64, 1)
    assert compared({"w": base}, {"w": other}).changes == compared({"w": base}, {"w": other}).changes
