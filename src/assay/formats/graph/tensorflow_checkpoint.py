"""TensorFlow's checkpoints: the index (a sorted table of names) and the files of raw numbers it speaks of.

The index is a LevelDB table: a footer of 48 bytes with a magic number names the index block, which names the data
blocks; an entry is a key that shares its beginning with the one before, and a ``BundleEntryProto``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.protobuf import Message, Wire
from assay.formats.graph.tensorflow_tensor import dtype_of, read_shape
from assay.formats.source import Memory, Source, Window
from assay.formats.view import Fact, NotThisFormat, Problem, Tensor, View, reads

FOOTER: Final = 48
MAGIC: Final = bytes.fromhex("57fb808b247547db")
_SHARD: Final = re.compile(r"(?P<stem>.*)\.data-\d{5}-of-\d{5}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One variable.

    :param shard: which of the data files holds it
    :param start: where it starts there
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    shard: int
    start: int
    size: int


class Checkpoint(View):
    """The index of a checkpoint."""

    kind: ClassVar[str] = "tensorflow-checkpoint"

    def __init__(self, stem: str) -> None:
        super().__init__()
        self.stem = stem
        self.shards: int = 1
        self.entries: list[Entry] = []

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`."""
        weights = [Fact("weights", self._file(shard)) for shard in range(self.shards)]
        last: dict[int, Entry] = {}
        for entry in self.entries:
            known = last.setdefault(entry.shard, entry)
            if entry.start + entry.size > known.start + known.size:
                last[entry.shard] = entry
        ranges = [
            reads("tensorflow", f"variable {one.name}", one.start, one.size, [self._file(one.shard)])
            for one in last.values()
        ]
        return [*weights, *ranges]

    def _file(self, shard: int) -> str:
        return f"{self.stem}.data-{shard:05d}-of-{self.shards:05d}"


class Shard(View):
    """A checkpoint's file of raw numbers, which say nothing about themselves."""

    kind: ClassVar[str] = "tensorflow-shard"

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        yield Tensor("numbers", "uint8", (self._source.size,), self._source, 0)


def read(source: Source, budget: Budget, name: str) -> Checkpoint | Shard:
    """See :class:`~assay.formats.signature.Reader`."""
    if source.read(max(0, source.size - len(MAGIC)), len(MAGIC)) != MAGIC:
        if _SHARD.fullmatch(name) is None:
            raise NotThisFormat("neither a checkpoint's index nor named as its data")
        return Shard(source)
    view = Checkpoint(name.removesuffix(".index"))
    footer = source.read(source.size - FOOTER, FOOTER)
    try:
        _, _, place = _handle(footer, 0)
        start, size, _ = _handle(footer, place)
        for _, value in _block(source, start, size, budget):
            first, length, _ = _handle(value, 0)
            for key, entry in _block(source, first, length, budget):
                budget.spend_members(offset=first)
                _take(view, key, entry, budget)
    except FormatError as error:
        view.note(error)
    return view


def is_shard(name: str) -> bool:
    """Whether a file is named as a checkpoint's data."""
    return _SHARD.fullmatch(name) is not None


def _take(view: Checkpoint, key: bytes, value: bytes, budget: Budget) -> None:
    if not key:
        shards = next((found.value for found in Message(Memory(value), budget) if found.number == 1), 1)
        if not 0 < shards <= 100_000:
            view.problems.append(Problem(f"the checkpoint claims {shards:,} data files"))
            return
        view.shards = shards
        return
    numbers = {3: 0, 4: 0, 5: 0, 1: 0}
    shape: tuple[int, ...] = ()
    for found in Message(Memory(value), budget):
        if found.number in numbers and found.wire is Wire.VARINT:
            numbers[found.number] = found.value
        elif found.number == 2 and found.wire is Wire.BYTES:
            shape = read_shape(found.message())
    name = key.decode(errors="replace")
    view.entries.append(Entry(name, dtype_of(numbers[1]), shape, numbers[3], numbers[4], numbers[5]))


def _block(source: Source, start: int, size: int, budget: Budget) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block."""
    if start + size + 5 > source.size:
        raise FormatError("a block of the checkpoint's index lies outside the file", offset=start)
    if source.read(start + size, 1) != b"\0":
        raise FormatError("a block of the checkpoint's index is compressed, which is not supported", offset=start)
    budget.check_held(size, offset=start)
    data = Window(source, start, size).read(0, size)
    restarts = int.from_bytes(data[-4:], "little")
    end = size - 4 - 4 * restarts
    if size < 4 or end < 0:
        raise FormatError("a block of the checkpoint's index is malformed", offset=start)
    key, position = b"", 0
    while position < end:
        shared, position = _number(data, position)
        own, position = _number(data, position)
        length, position = _number(data, position)
        if shared > len(key) or position + own + length > end:
            raise FormatError("an entry of the checkpoint's index is malformed", offset=start + position)
        if shared + own > 1 << 16:
            raise FormatError("a name in the checkpoint's index is too long", offset=start + position)
        key = key[:shared] + data[position : position + own]
        position += own
        yield key, data[position : position + length]
        position += length


def _handle(data: bytes, position: int) -> tuple[int, int, int]:
    """A block's place and size, and where the next thing starts."""
    start, position = _number(data, position)
    size, position = _number(data, position)
    return start, size, position


def _number(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise FormatError("a number in the checkpoint's index does not end")
