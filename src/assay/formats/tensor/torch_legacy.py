"""PyTorch's files before 1.6: five pickles, then each storage's length and numbers.

The pickles are judged by the pickle reader, which reads the same bytes; this one knows where the numbers lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.pickle.stream import run
from assay.formats.pickle.values import Items
from assay.formats.pickle.view import Pickle
from assay.formats.source import Source, Window
from assay.formats.tensor.elements import BITS
from assay.formats.tensor.torch_types import Parameter, Storage, parameter_of, storage_of
from assay.formats.view import Member, NotThisFormat, Tensor, View

MAGIC: Final = 0x1950A86A20F9469CFC6C
VERSION: Final = 1001
#: What a storage's numbers follow: how many there are.
_COUNT: Final = 8


class TorchLegacy(View):
    """A checkpoint of PyTorch's older kind."""

    kind: ClassVar[str] = "torch-legacy"

    def __init__(self, source: Source, budget: Budget, pickles: Pickle) -> None:
        super().__init__()
        self._source = source
        self._budget = budget
        self.pickles = pickles
        self.computed_magic = not (pickles.results and pickles.results[0] == MAGIC)
        """The number that PyTorch knows the format by is the result of a call, not a number."""
        self.storages: dict[str, Storage] = {}
        self.parameters: list[Parameter] = []
        self.placed: dict[str, tuple[int, int]] = {}
        """Storage → where its numbers lie, and how many bytes they take."""
        self.mismatches: list[tuple[Storage, int]] = []
        """Storages whose length in the file is not what the pickle says: the number in the file."""
        self.end: int = 0
        """Where the last storage ends."""

    @property
    def trailing(self) -> int:
        """Bytes behind the last storage."""
        return max(0, self._source.size - self.end)

    def members(self) -> Iterator[Member]:
        """What follows the last storage."""
        if self.trailing:
            yield Member("trailing data", Window(self._source, self.end, self.trailing), self.end)

    def tensors(self) -> Iterator[Tensor]:
        """One for each storage."""
        for key, (begin, length) in self.placed.items():
            dtype = self.storages[key].dtype
            shape = (length * 8 // BITS[dtype],)
            yield Tensor(f"storage {key}", dtype, shape, Window(self._source, begin, length), begin)

    def named_tensors(self) -> Iterator[Tensor]:
        """The tensors that the pickle makes, where their numbers follow each other."""
        for number, parameter in enumerate(self.parameters):
            if parameter.storage.key in self.placed and parameter.contiguous:
                begin, length = self.placed[parameter.storage.key]
                begin += parameter.begin * BITS[parameter.dtype] // 8
                window = Window(self._source, begin, length)
                yield Tensor(f"tensor {number}", parameter.dtype, parameter.shape, window, begin)

    def place(self) -> None:
        """Find each storage's numbers.

        :raises FormatError: the list of storages cannot be known
        """
        for persistent in self.pickles.persistent:
            if (storage := storage_of(persistent)) is not None:
                self.storages.setdefault(storage.key, storage)
        self.parameters = [made for call in self.pickles.calls if (made := parameter_of(call)) is not None]
        self.end = self.pickles.stops[4]
        for key in self._keys():
            self._budget.spend_members(offset=self.end)
            storage = self.storages.get(key)
            if storage is None:
                raise FormatError(f"the storage {key!r} has no known type", offset=self.end)
            count = int.from_bytes(self._source.read(self.end, _COUNT), "little", signed=True)
            size = count * BITS[storage.dtype] // 8
            if size != storage.size:
                self.mismatches.append((storage, count))
            if count < 0 or self.end + _COUNT + size > self._source.size:
                raise FormatError(f"the storage {key!r} claims {count:,} numbers", offset=self.end)
            self.placed[key] = self.end + _COUNT, size
            self.end += _COUNT + size

    def _keys(self) -> list[str]:
        """The storages in the order of the file: as the fifth pickle lists them, which is sorted."""
        found = self.pickles.results[4]
        if not isinstance(found, Items):
            raise FormatError("the fifth pickle is no list of storages", offset=self.pickles.stops[3])
        keys = [key for key in found.items if isinstance(key, str)]
        if found.length > len(keys):
            known = sorted(self.storages)
            if len(known) != found.length or known[: len(keys)] != keys:
                raise FormatError("the order of the storages is not known", offset=self.pickles.stops[3])
            return known
        return keys


def read(source: Source, budget: Budget, name: str) -> TorchLegacy:  # noqa: ARG001 - every reader is called alike
    """Run the five pickles and find the numbers; see :class:`assay.formats.signature.Reader`."""
    pickles = run(source, 0, budget, streams=5)
    results = pickles.results
    if len(results) < 2 or results[1] != VERSION or isinstance(results[1], bool):
        raise NotThisFormat("it does not start as a PyTorch checkpoint", offset=0)
    view = TorchLegacy(source, budget, pickles)
    view.end = pickles.stops[-1]
    if len(pickles.stops) < 5:
        view.end = source.size
        return view
    try:
        view.place()
    except FormatError as error:
        view.end = source.size
        view.note(error)
    return view
