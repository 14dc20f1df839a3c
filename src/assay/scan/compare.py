"""A model against the one it is said to come from: which tensors changed, by how much, and in how many directions.

Both are read piece by piece, so that models larger than memory can be compared. The rank of a change is estimated from
random projections (Halko, Martinsson, Tropp: SIAM Review 53, 2011), always the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from assay.core.comparison import DIRECTIONS, Change, Kind
from assay.formats.budget import Budget
from assay.formats.tensor.elements import BITS, count_of
from assay.formats.tensor.npz import Npz
from assay.formats.tensor.torch_legacy import TorchLegacy
from assay.formats.tensor.torch_zip import Torch
from assay.formats.view import Tensor, View

BLOCK: Final = 1 << 20
#: A change's rank is how many directions hold this share of it.
SHARE: Final = 0.99
#: Rows or columns beyond which a change's rank is not estimated.
_LONGEST: Final = 1 << 19
_SEED: Final = 20

_CODES: Final = {
    "float64": "f8", "float32": "f4", "float16": "f2", "bfloat16": "u2", "int8": "i1", "uint8": "u1", "int16": "i2",
    "uint16": "u2", "int32": "i4", "uint32": "u4", "int64": "i8", "uint64": "u8", "bool": "u1",
}  # fmt: skip

_Reals = NDArray[np.float64]


class Comparison(View):
    """The result of :func:`compare`."""

    kind: ClassVar[str] = "comparison"

    def __init__(self, changes: Iterable[Change], same: int) -> None:
        super().__init__()
        self.changes: tuple[Change, ...] = tuple(sorted(changes, key=_order))
        """The largest change first; then what was added, removed or reshaped, by name."""
        self.same = same
        """Tensors that are alike to the last bit."""

    @property
    def changed(self) -> tuple[Change, ...]:
        """Tensors that are in both with the same shape, and differ."""
        return tuple(change for change in self.changes if change.kind is Kind.CHANGED)

    @property
    def common(self) -> int:
        """Tensors that are in both with the same shape."""
        return self.same + len(self.changed)


def tensors_of(views: Iterable[View]) -> dict[str, Tensor]:
    """Every tensor of some views by name; where a name stands twice, the first."""
    found: dict[str, Tensor] = {}
    for view in views:
        named = view.named_tensors() if isinstance(view, Torch | TorchLegacy | Npz) else view.tensors()
        for tensor in named:
            found.setdefault(tensor.name, tensor)
    return found


def compare(base: Iterable[View], current: Iterable[View], budget: Budget) -> Comparison:
    """Compare all tensors of some files with those of a base.

    :raises LimitReached: the time is over
    :raises FormatError: the bytes can no longer be read
    """
    before, after = tensors_of(base), tensors_of(current)
    changes: list[Change] = []
    same = 0
    for name in sorted(before.keys() | after.keys()):
        budget.check_time()
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            there = new or old
            assert there is not None, "the name is from one of them"
            kind = Kind.REMOVED if new is None else Kind.ADDED
            changes.append(Change(name, kind, there.dtype, there.shape))
        elif old.shape != new.shape:
            changes.append(Change(name, Kind.RESHAPED, new.dtype, new.shape))
        elif (change := _difference(old, new, budget)) is not None:
            changes.append(change)
        else:
            same += 1
    return Comparison(changes, same)


def _difference(old: Tensor, new: Tensor, budget: Budget) -> Change | None:
    """How two tensors of the same shape differ; ``None`` when their bytes are the same."""
    if old.dtype == new.dtype and old.big_endian == new.big_endian and _same_bytes(old, new, budget):
        return None
    elements = count_of(new.shape)
    if not (_measurable(old, elements) and _measurable(new, elements)):
        return Change(new.name, Kind.CHANGED, new.dtype, new.shape)
    different = 0
    square = base_square = largest = 0.0
    for before, after in _pairs(old, new, elements, budget):
        delta = after - before
        different += int(np.count_nonzero(delta))
        square += float(delta @ delta)
        base_square += float(before @ before)
        largest = max(largest, float(np.abs(delta).max(initial=0.0)))
    if not different:
        return None  # only the way the numbers are written differs
    norm = (square / base_square) ** 0.5 if base_square else float("inf")
    rank, first = _directions(old, new, square, budget)
    return Change(new.name, Kind.CHANGED, new.dtype, new.shape, different / elements, norm, largest, rank, first)


def _same_bytes(old: Tensor, new: Tensor, budget: Budget) -> bool:
    if old.source.size != new.source.size:
        return False
    for offset in range(0, old.source.size, BLOCK):
        budget.check_time(offset)
        if old.source.read(offset, BLOCK) != new.source.read(offset, BLOCK):
            return False
    return True


def _measurable(tensor: Tensor, elements: int) -> bool:
    return tensor.dtype in _CODES and tensor.source.size * 8 >= elements * BITS[tensor.dtype]


def _numbers(tensor: Tensor, begin: int, count: int) -> _Reals:
    """Some of a tensor's numbers; what is no number counts as zero, so that the rest can be measured."""
    size = BITS[tensor.dtype] // 8
    code = np.dtype((">" if tensor.big_endian else "<") + _CODES[tensor.dtype])
    data = np.frombuffer(tensor.source.read(begin * size, count * size), code)
    if tensor.dtype == "bfloat16":
        data = (data.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(invalid="ignore"):  # a signalling NaN is one of those that become zero
        return np.nan_to_num(data.astype(np.float64), copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _pairs(old: Tensor, new: Tensor, elements: int, budget: Budget) -> Iterator[tuple[_Reals, _Reals]]:
    step = BLOCK // 8
    for begin in range(0, elements, step):
        budget.check_time(begin)
        count = min(step, elements - begin)
        yield _numbers(old, begin, count), _numbers(new, begin, count)


def _directions(old: Tensor, new: Tensor, square: float, budget: Budget) -> tuple[int | None, float | None]:
    """How many directions hold the difference of two matrices, and which share the first one holds."""
    if len(new.shape) < 2 or not square:
        return None, None
    rows, columns = new.shape[0], count_of(new.shape[1:])
    if min(rows, columns) < 2 or max(rows, columns) > _LONGEST:
        return None, None
    count = min(DIRECTIONS, rows, columns)
    probes = np.random.default_rng(_SEED).standard_normal((columns, count))
    seen = np.concatenate([delta @ probes for delta in _row_blocks(old, new, rows, columns, budget)])
    basis, _ = np.linalg.qr(seen)
    projected, row = np.zeros((basis.shape[1], columns)), 0
    for delta in _row_blocks(old, new, rows, columns, budget):
        projected += basis[row : row + len(delta)].T @ delta
        row += len(delta)
    shares = np.linalg.svd(projected, compute_uv=False) ** 2 / square
    held = np.cumsum(shares)
    enough = np.flatnonzero(held >= SHARE)
    rank = int(enough[0]) + 1 if len(enough) else count + 1
    return rank, min(1.0, float(shares[0]))


def _row_blocks(old: Tensor, new: Tensor, rows: int, columns: int, budget: Budget) -> Iterator[_Reals]:
    """The difference of two matrices, some rows at a time."""
    step = max(1, BLOCK // 8 // columns)
    for row in range(0, rows, step):
        budget.check_time(row)
        count = min(step, rows - row) * columns
        delta = _numbers(new, row * columns, count) - _numbers(old, row * columns, count)
        yield delta.reshape(-1, columns)


def _order(change: Change) -> tuple[bool, float, str]:
    measured = change.kind is Kind.CHANGED
    return not measured, -(change.norm or 0.0), change.name
