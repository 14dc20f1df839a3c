"""The parts of PyTorch's oldest files, which were tars: pickles between raw numbers, in ``storages`` and ``tensors``.

Each pickle is run when the file is loaded, so each is given as a member of its own; where the numbers between them end
is known from their lengths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.pickle.stream import run
from assay.formats.pickle.values import Global, Items, Value
from assay.formats.source import Source, Window
from assay.formats.tensor.elements import BITS
from assay.formats.tensor.torch_types import STORAGES
from assay.formats.view import Member, NotThisFormat, Tensor, View

NAMES: Final = frozenset({"storages", "tensors"})


class TorchTar(View):
    """One such part."""

    kind: ClassVar[str] = "torch-tar"

    def __init__(self, source: Source, budget: Budget) -> None:
        super().__init__()
        self._source = source
        self._budget = budget
        self.pickles: list[tuple[int, int]] = []
        """Where each pickle begins and ends."""
        self.numbers: list[Tensor] = []
        self.end: int = 0

    def members(self) -> Iterator[Member]:
        """Every pickle, and what follows the last."""
        for begin, end in self.pickles:
            yield Member(f"pickle at {begin}", Window(self._source, begin, end - begin), begin, ("pickle",))
        if self.end < self._source.size:
            yield Member("trailing data", Window(self._source, self.end, self._source.size - self.end), self.end)

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        return iter(self.numbers)

    def walk(self, *, storages: bool) -> None:
        """Go from pickle to pickle.

        :raises FormatError: where the next one begins is not known; the rest is a member
        """
        count = self._pickle()
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= self._source.size:
            raise FormatError("the first pickle is no count", offset=0)
        for _ in range(count):
            self._budget.spend_members(offset=self.end)
            described = self._pickle()
            if storages:
                self._storage(described)
            else:
                self._skip_tensor()

    def _pickle(self) -> Value:
        begin = self.end
        view = run(self._source, begin, self._budget, streams=1)
        if not view.stops:
            self.pickles.append((begin, self._source.size))
            self.end = self._source.size
            raise FormatError("a pickle has no end", offset=begin)
        self.end = view.stops[0]
        self.pickles.append((begin, self.end))
        return view.results[0] if view.results else None

    def _storage(self, described: Value) -> None:
        parts = described.items if isinstance(described, Items) else ()
        kind = parts[2] if len(parts) > 2 else None
        dtype = STORAGES.get(kind.name.removesuffix("Storage")) if isinstance(kind, Global) else None
        if dtype is None:
            raise FormatError("the type of a storage is not known", offset=self.end)
        count = int.from_bytes(self._source.read(self.end, 8), "little", signed=True)
        begin, size = self.end + 8, count * BITS[dtype] // 8
        if count < 0 or begin + size > self._source.size:
            raise FormatError(f"a storage claims {count:,} numbers", offset=self.end)
        window = Window(self._source, begin, size)
        self.numbers.append(Tensor(f"storage at {begin}", dtype, (count,), window, begin))
        self.end = begin + size

    def _skip_tensor(self) -> None:
        """Its number of axes, four bytes of padding, its sizes and strides, and where it begins in its storage."""
        axes = int.from_bytes(self._source.read(self.end, 4), "little", signed=True)
        size = 8 + 16 * axes + 8
        if axes < 0 or self.end + size > self._source.size:
            raise FormatError(f"a tensor claims {axes:,} axes", offset=self.end)
        self.end += size


def read(source: Source, budget: Budget, name: str) -> TorchTar:
    """Go through the part; see :class:`assay.formats.signature.Reader`."""
    view = TorchTar(source, budget)
    try:
        view.walk(storages=name.rpartition("/")[2] != "tensors")
    except FormatError as error:
        if len(view.pickles) < 2 and error.offset == 0:
            raise NotThisFormat(error.what, offset=0) from error
        view.note(error)
    return view
