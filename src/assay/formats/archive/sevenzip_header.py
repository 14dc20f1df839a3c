"""The header of a 7z archive: compressed blocks, the files in them, and their names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget

MAGIC: Final = b"7z\xbc\xaf\x27\x1c"
_END, _HEADER, _ARCHIVE, _ADDITIONAL, _STREAMS, _FILES, _PACK, _UNPACK, _SUBSTREAMS, _SIZE, _CRC, _FOLDER = range(12)
_UNPACK_SIZE, _COUNT, _EMPTY_STREAM, _EMPTY_FILE, _ANTI, _NAMES = range(12, 18)
_ATTRIBUTES, _ENCODED, _DUMMY = 21, 23, 25
_MAX_CODERS: Final = 32


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of compression: its method's id, streams in and out, and its properties."""

    method: bytes
    inputs: int
    outputs: int
    properties: bytes


@dataclass(slots=True)
class Block:
    """Files compressed together.

    :param coders: the steps, as they stand there
    :param chain: the coders in the order in which they are undone; empty when they do not form a chain
    :param sizes: what each coder's output expands to
    :param offset: where the compressed bytes start
    :param packed: how many these are
    """

    coders: list[Coder]
    chain: list[int]
    sizes: list[int] = field(default_factory=list)
    offset: int = 0
    packed: int = 0
    crc: int | None = None

    @property
    def size(self) -> int:
        """Bytes it expands to."""
        return (
            self.sizes[self.chain[-1]]
            if self.chain and self.chain[-1] < len(self.sizes)
            else max(self.sizes, default=0)
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One file's content in a block."""

    block: int
    offset: int
    size: int
    crc: int | None


@dataclass(slots=True)
class Streams:
    """All blocks and what is in them."""

    blocks: list[Block] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class File:
    """What the header says about one file."""

    name: str = ""
    has_stream: bool = True
    is_folder: bool = False
    attributes: int = 0

    @property
    def is_link(self) -> bool:
        """Whether its attributes, written on Unix, say that it is a symbolic link."""
        return bool(self.attributes & 0x8000) and self.attributes >> 16 & 0o170000 == 0o120000


@dataclass(frozen=True, slots=True)
class Header:
    """A whole header."""

    streams: Streams
    files: list[File]


def encoded_header(data: bytes, size: int) -> Block | None:
    """The block that the header is compressed in; ``None`` when ``data`` is the header itself.

    :raises FormatError: it is neither
    """
    reading = _Reading(data, size)
    kind = reading.byte()
    if kind == _HEADER:
        return None
    if kind != _ENCODED:
        raise FormatError("no 7z header")
    blocks = reading.streams().blocks
    if not blocks:
        raise FormatError("the compressed 7z header has no content")
    return blocks[0]


def read_header(data: bytes, size: int, budget: Budget) -> Header:
    """Read a header that is not compressed.

    :param size: of the whole file, which nothing may exceed
    :raises FormatError: it is broken
    """
    reading = _Reading(data, size)
    reading.byte()
    streams, files = Streams(), list[File]()
    while (kind := reading.byte()) != _END:
        if kind == _ARCHIVE:
            reading.properties()
        elif kind == _ADDITIONAL:
            reading.streams()
        elif kind == _STREAMS:
            streams = reading.streams()
        elif kind == _FILES:
            files = reading.files(budget)
        else:
            raise FormatError("an unknown part of the 7z header", offset=reading.at)
    return Header(streams, files)


class _Reading:
    """A position in the header."""

    def __init__(self, data: bytes, size: int) -> None:
        self.data = data
        self.at = 0
        self.size = size

    def byte(self) -> int:
        return self.take(1)[0]

    def take(self, length: int) -> bytes:
        taken = self.data[self.at : self.at + length]
        if len(taken) < length:
            raise FormatError("the 7z header ends too early", offset=self.at)
        self.at += length
        return taken

    def number(self) -> int:
        """A number whose first byte says how many more there are."""
        first = self.byte()
        value, mask = 0, 0x80
        for index in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << 8 * index
            value |= self.byte() << 8 * index
            mask >>= 1
        return value

    def count(self) -> int:
        """A number of things that each take at least one bit here."""
        value = self.number()
        if value > 8 * len(self.data):
            raise FormatError("the 7z header counts more than it can hold", offset=self.at)
        return value

    def bits(self, count: int) -> list[bool]:
        data = self.take((count + 7) // 8)
        return [bool(data[index >> 3] & 0x80 >> (index & 7)) for index in range(count)]

    def defined(self, count: int) -> list[bool]:
        return [True] * count if self.byte() else self.bits(count)

    def checksums(self, count: int) -> list[int | None]:
        known = self.defined(count)
        return [int.from_bytes(self.take(4), "little") if there else None for there in known]

    def properties(self) -> None:
        while self.byte() != _END:
            self.take(self.number())

    def streams(self) -> Streams:
        found = Streams()
        packed: tuple[int, list[int]] = (0, [])
        counts: list[int] | None = None
        while (kind := self.byte()) != _END:
            if kind == _PACK:
                packed = self.pack()
            elif kind == _UNPACK:
                found.blocks = self.blocks()
            elif kind == _SUBSTREAMS:
                counts = self.substreams(found)
            else:
                raise FormatError("an unknown part of the 7z header", offset=self.at)
        self.place(found.blocks, *packed)
        if counts is None:
            found.parts = [Part(index, 0, block.size, block.crc) for index, block in enumerate(found.blocks)]
        return found

    def pack(self) -> tuple[int, list[int]]:
        offset, count = 32 + self.number(), self.count()
        sizes: list[int] = []
        while (kind := self.byte()) != _END:
            if kind == _SIZE:
                sizes = [self.number() for _ in range(count)]
            elif kind == _CRC:
                self.checksums(count)
            else:
                raise FormatError("an unknown part of the 7z header", offset=self.at)
        return offset, sizes

    def place(self, blocks: list[Block], offset: int, sizes: list[int]) -> None:
        """Give each block the compressed bytes that are its own."""
        index = 0
        for block in blocks:
            inputs = sum(coder.inputs for coder in block.coders)
            own = sizes[index : index + max(1, inputs - (len(block.coders) - 1))]
            block.offset, block.packed = offset, own[0] if own else 0
            if offset + sum(own) > self.size:
                raise FormatError("a 7z block lies beyond the end of the file")
            index, offset = index + len(own), offset + sum(own)

    def blocks(self) -> list[Block]:
        if self.byte() != _FOLDER:
            raise FormatError("the 7z header lacks its blocks", offset=self.at)
        count = self.count()
        if self.byte():
            raise FormatError("the 7z header keeps its blocks elsewhere", offset=self.at)
        found = [self.block() for _ in range(count)]
        while (kind := self.byte()) != _END:
            if kind == _UNPACK_SIZE:
                for block in found:
                    block.sizes = [self.number() for coder in block.coders for _ in range(coder.outputs)]
            elif kind == _CRC:
                for block, crc in zip(found, self.checksums(count), strict=True):
                    block.crc = crc
            else:
                raise FormatError("an unknown part of the 7z header", offset=self.at)
        return found

    def block(self) -> Block:
        count = self.number()
        if not 0 < count <= _MAX_CODERS:
            raise FormatError("a 7z block has no plausible number of coders", offset=self.at)
        coders = [self.coder() for _ in range(count)]
        inputs, outputs = sum(coder.inputs for coder in coders), sum(coder.outputs for coder in coders)
        if inputs > _MAX_CODERS or outputs > _MAX_CODERS or not outputs or inputs < outputs - 1:
            raise FormatError("a 7z block has no plausible number of streams", offset=self.at)
        bound = {self.number(): self.number() for _ in range(outputs - 1)}
        packed = inputs - (outputs - 1)
        if packed > 1:
            for _ in range(packed):
                self.number()
        return Block(coders, _chain(coders, bound))

    def coder(self) -> Coder:
        flags = self.byte()
        method = self.take(flags & 0x0F)
        inputs, outputs = (self.number(), self.number()) if flags & 0x10 else (1, 1)
        properties = self.take(self.number()) if flags & 0x20 else b""
        if flags & 0xC0 or inputs > _MAX_CODERS or outputs > _MAX_CODERS:
            raise FormatError("a 7z coder is broken", offset=self.at)
        return Coder(method, inputs, outputs, properties)

    def substreams(self, found: Streams) -> list[int]:
        counts = [1] * len(found.blocks)
        kind = self.byte()
        if kind == _COUNT:
            counts = [self.count() for _ in found.blocks]
            kind = self.byte()
        if sum(counts) > 8 * len(self.data):
            raise FormatError("the 7z header counts more than it can hold", offset=self.at)
        for index, (block, count) in enumerate(zip(found.blocks, counts, strict=True)):
            offset = 0
            for last in range(count - 1, -1, -1):
                size = block.size - offset if not last else self.number() if kind == _SIZE else 0
                crc = block.crc if count == 1 else None
                found.parts.append(Part(index, offset, max(0, size), crc))
                offset += size
        if kind == _SIZE:
            kind = self.byte()
        while kind != _END:
            if kind != _CRC:
                raise FormatError("an unknown part of the 7z header", offset=self.at)
            missing = [index for index, part in enumerate(found.parts) if part.crc is None]
            for index, crc in zip(missing, self.checksums(len(missing)), strict=True):
                part = found.parts[index]
                found.parts[index] = Part(part.block, part.offset, part.size, crc)
            kind = self.byte()
        return counts

    def files(self, budget: Budget) -> list[File]:
        count = self.count()
        budget.spend_members(count)
        found = [File() for _ in range(count)]
        empty: list[File] = []
        while (kind := self.byte()) != _END:
            length = self.number()
            end = self.at + length
            if end > len(self.data):
                raise FormatError("the 7z header ends too early", offset=self.at)
            if kind == _EMPTY_STREAM:
                for file, without in zip(found, self.bits(count), strict=True):
                    file.has_stream, file.is_folder = not without, without
                empty = [file for file in found if not file.has_stream]
            elif kind == _EMPTY_FILE:
                for file, plain in zip(empty, self.bits(len(empty)), strict=True):
                    file.is_folder = not plain
            elif kind == _NAMES:
                self.names(found, end)
            elif kind == _ATTRIBUTES:
                known = self.defined(count)
                self.byte()
                for file, there in zip(found, known, strict=True):
                    if there:
                        file.attributes = int.from_bytes(self.take(4), "little")
            self.at = end
        return found

    def names(self, files: list[File], end: int) -> None:
        if self.byte():
            raise FormatError("the 7z header keeps its names elsewhere", offset=self.at)
        texts = self.data[self.at : end].decode("utf-16-le", "replace").split("\0")
        for file, text in zip(files, texts, strict=False):
            file.name = text


def _chain(coders: list[Coder], bound: dict[int, int]) -> list[int]:
    """The coders from the one that takes the packed bytes to the one whose output nothing takes."""
    if any(coder.inputs != 1 or coder.outputs != 1 for coder in coders):
        return []
    chain = [index for index in range(len(coders)) if index not in bound]
    if len(chain) != 1:
        return []
    takes = {output: taker for taker, output in bound.items()}
    while chain[-1] in takes and len(chain) < len(coders):
        chain.append(takes[chain[-1]])
    return chain if len(chain) == len(coders) and len(set(chain)) == len(chain) else []
