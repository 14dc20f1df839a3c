"""HDF5 files as a tree of groups, datasets, links and attributes, found without the library.

The library's own reader has had memory errors that a file can reach (see the decision record on readers of our own);
this one only follows addresses that it has checked, reads no data that it does not need, and ends on cycles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.archive import zip as archive
from assay.formats.archive import zip_methods, zip_records
from assay.formats.budget import Budget
from assay.formats.hdf5 import heaps, messages
from assay.formats.hdf5.access import Access, find, open_file
from assay.formats.hdf5.messages import Datatype, External, Filter, Layout
from assay.formats.source import Source, Window
from assay.formats.view import Fact, Member, NotThisFormat, Problem, Tensor, View

#: Attributes that may hold a document, a pickle, a program: nothing shorter can.
LEAST: Final = 12
#: Attributes in which Keras keeps configurations.
CONFIGURATIONS: Final = frozenset({"model_config", "training_config", "keras_config", "config", "layer_config"})
#: Objects of global heaps that are looked at when a dataset keeps runs of bytes in them.
RUNS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Attribute:
    """A value beside a group or dataset.

    :param owner: path of what it belongs to
    :param values: its bytes, unread: one run for a value of fixed size, one for each text of variable length
    """

    name: str
    owner: str
    datatype: Datatype
    shape: tuple[int, ...] | None
    values: tuple[Window, ...]
    offset: int

    @property
    def path(self) -> str:
        """``/group@name``."""
        return f"{self.owner}@{self.name}"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that leads elsewhere by name.

    :param kind: ``soft``, ``external``, or ``user-defined``
    :param file: of an external one, the file it leads into
    :param target: the path of what it leads to
    :param number: of a user-defined one, its class
    """

    path: str
    kind: str
    file: str
    target: str
    offset: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Dataset:
    """An array.

    :param external: files outside that hold its data
    """

    path: str
    datatype: Datatype | None
    shape: tuple[int, ...] | None
    layout: Layout | None
    filters: tuple[Filter, ...]
    external: tuple[External, ...]
    offset: int


class Hdf5(View):
    """A file."""

    kind: ClassVar[str] = "hdf5"

    def __init__(self, source: Source, access: Access) -> None:
        super().__init__()
        self.source = source
        self.groups: list[str] = []
        self.datasets: list[Dataset] = []
        self.links: list[Link] = []
        self.attributes: list[Attribute] = []
        self.end: int | None = None
        """Where the file says it ends, in bytes from the start of the source."""
        self._access = access

    def members(self) -> Iterator[Member]:
        """What stands before and behind the file proper, and attributes that hold more than a word."""
        if self._access.base:
            yield Member("userblock", Window(self.source, 0, self._access.base), 0)
        if self.end is not None and self.end < self.source.size:
            yield Member("trailing data", Window(self.source, self.end, self.source.size - self.end), self.end)
        for attribute in self.attributes:
            expected = ("keras-config",) if attribute.name in CONFIGURATIONS else ()
            for value in attribute.values:
                if value.size >= LEAST:
                    yield Member(attribute.path, value, value.start, expected)
        if any(_keeps_runs(dataset.datatype) for dataset in self.datasets):
            yield from self._runs()

    def tensors(self) -> Iterator[Tensor]:
        """Datasets whose data lie in one piece."""
        for dataset in self.datasets:
            layout, datatype, shape = dataset.layout, dataset.datatype, dataset.shape
            if layout is None or datatype is None or shape is None or layout.start is None or dataset.external:
                continue
            if layout.kind in (messages.COMPACT, messages.CONTIGUOUS) and layout.size:
                data = Window(self.source, layout.start, layout.size)
                if data.size < layout.size:
                    what = f"dataset {dataset.path} of {layout.size:,} bytes ends beyond the file"
                    self.problems.append(Problem(what, dataset.offset))
                elif datatype.numpy:
                    yield Tensor(dataset.path, datatype.numpy, shape, data, layout.start, datatype.big_endian)
                else:
                    yield Tensor(dataset.path, "uint8", (layout.size,), data, layout.start)

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`."""
        files = [Fact("file", link.file, link.offset) for link in self.links if link.kind == "external"]
        return files + [Fact("weights", file.name, data.offset) for data in self.datasets for file in data.external]

    def _runs(self) -> Iterator[Member]:
        """Runs of bytes of variable length, as PyTables keeps pickled objects: wherever a global heap stands."""
        count = 0
        for place in _places(self._access, b"GCOL"):
            try:
                for index, data in heaps.global_objects(self._access, place):
                    count += 1
                    if count > RUNS:
                        return
                    if data.size >= LEAST:
                        yield Member(f"heap {self._access.base + place}:{index}", data, data.start)
            except FormatError as error:
                self.note(error)


def read(source: Source, budget: Budget, name: str) -> Hdf5:
    """See :class:`~assay.formats.signature.Reader`."""
    from assay.formats.hdf5.walk import walk  # noqa: PLC0415 - it fills the view, and so needs it

    del name
    place = find(source)
    if place is None:
        raise NotThisFormat("no superblock")
    try:
        access, root, end = open_file(source, budget, place)
    except FormatError as error:
        if place == 0:
            raise
        raise NotThisFormat("no superblock", offset=place) from error
    view = Hdf5(source, access)
    view.end = None if end is None else access.base + end
    if view.end is not None and _is_entry(source, budget, place, view.end):
        raise NotThisFormat("it is one file of the zip that this is", offset=place)
    try:
        walk(view, access, root)
    except FormatError as error:
        view.note(error)
    return view


def _is_entry(source: Source, budget: Budget, start: int, end: int) -> bool:
    """Whether these bytes are a file that a zip keeps as it is, where they are read: Keras stores its weights so."""
    if not zip_records.local_header(source, 0):
        return False
    try:
        entries = archive.read(source, budget, "").entries
    except FormatError:
        return False
    return any(
        entry.listed and entry.method == zip_methods.STORED and entry.offset == start and end <= entry.end
        for entry in entries
    )


def _keeps_runs(datatype: Datatype | None) -> bool:
    return datatype is not None and datatype.kind == "vlen" and not datatype.text


def _places(access: Access, signature: bytes) -> Iterator[int]:
    """Addresses at which a signature stands, eight bytes apart as the library puts them."""
    step = 1 << 20
    for start in range(access.base, access.source.size, step):
        access.budget.check_time(start)
        data = access.source.read(start, step + len(signature))
        at = data.find(signature)
        while 0 <= at < step:
            if at % 8 == 0:
                yield start + at - access.base
            at = data.find(signature, at + 1)
