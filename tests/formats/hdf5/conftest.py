"""HDF5 files put together by hand: new headers throughout, old groups where a test wants them, no checksums."""

from __future__ import annotations

import struct

import pytest

UNDEFINED = b"\xff" * 8


class Writer:
    """Grows a file; every method that puts something down gives its address."""

    def __init__(self, *, userblock: bytes = b"") -> None:
        self.userblock = userblock
        self.data = bytearray(48)

    def put(self, piece: bytes) -> int:
        """Put bytes down, eight bytes aligned."""
        self.data += bytes(-len(self.data) % 8)
        self.data += piece
        return len(self.data) - len(piece)

    def file(self, root: int) -> bytes:
        """The whole file, with a superblock of version 2."""
        end = len(self.data)
        block = b"\x89HDF\r\n\x1a\n" + bytes([2, 8, 8, 0]) + struct.pack("<QQQQ", 0, (1 << 64) - 1, end, root)
        return self.userblock + block + bytes(48 - len(block)) + bytes(self.data[48:])

    def old_file(self, root: int) -> bytes:
        """The whole file, with a superblock of version 0 in front; all addresses lie behind 96 bytes of it."""
        fixed = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
        fixed += struct.pack("<Q", 0) + UNDEFINED + struct.pack("<Q", len(self.data)) + UNDEFINED
        fixed += struct.pack("<QQII", 0, root, 0, 0) + bytes(16)
        return fixed + bytes(self.data[len(fixed) :])

    def header(self, *messages: tuple[int, bytes]) -> int:
        """An object header of version 2."""
        body = b"".join(struct.pack("<BHB", kind, len(data), 0) + data for kind, data in messages)
        return self.put(b"OHDR\x02\x02" + struct.pack("<I", len(body)) + body + bytes(4))

    def old_header(self, *messages: tuple[int, bytes]) -> int:
        """An object header of version 1."""
        body = b""
        for kind, data in messages:
            padded = data + bytes(-len(data) % 8)
            body += struct.pack("<HHB3x", kind, len(padded), 0) + padded
        return self.put(struct.pack("<BxHII4x", 1, len(messages), 1, len(body)) + body)

    def link(self, name: str, target: int) -> tuple[int, bytes]:
        """A hard link."""
        return 6, bytes([1, 0, len(name)]) + name.encode() + struct.pack("<Q", target)

    def soft(self, name: str, path: str) -> tuple[int, bytes]:
        """A soft link."""
        return 6, bytes([1, 8, 1, len(name)]) + name.encode() + struct.pack("<H", len(path)) + path.encode()

    def external(self, name: str, file: str, path: str) -> tuple[int, bytes]:
        """A link into another file."""
        value = b"\0" + file.encode() + b"\0" + path.encode() + b"\0"
        return 6, bytes([1, 8, 64, len(name)]) + name.encode() + struct.pack("<H", len(value)) + value

    def attribute(self, name: str, value: bytes, *, version: int = 3) -> tuple[int, bytes]:
        """A text of fixed size."""
        parts = [name.encode() + b"\0", struct.pack("<B3xI", 0x13, len(value)), bytes([2, 0, 0, 0])]
        if version == 1:
            parts[2] = bytes([1, 0, 0, 0, 0, 0, 0, 0])
        sizes = struct.pack("<BBHHH", version, 0, *(len(part) for part in parts)) + (b"\0" if version == 3 else b"")
        if version == 1:
            parts = [part + bytes(-len(part) % 8) for part in parts]
        return 0x0C, sizes + b"".join(parts) + value

    def text(self, name: str, value: bytes) -> tuple[int, bytes]:
        """A text of variable length, in a global heap."""
        heap = self.heap(value)
        parts = [name.encode() + b"\0", struct.pack("<BBBBI", 0x19, 1, 0, 0, 16) + struct.pack("<B3xI", 0x13, 1)]
        parts.append(bytes([2, 0, 0, 0]))
        sizes = struct.pack("<BBHHHB", 3, 0, *(len(part) for part in parts), 0)
        return 0x0C, sizes + b"".join(parts) + struct.pack("<IQI", len(value), heap, 1)

    def heap(self, *values: bytes) -> int:
        """A global heap with these objects, from 1."""
        body = b""
        for index, value in enumerate(values, 1):
            body += struct.pack("<HH4xQ", index, 1, len(value)) + value + bytes(-len(value) % 8)
        body += bytes(16)
        return self.put(b"GCOL\x01\0\0\0" + struct.pack("<Q", 16 + len(body)) + body)

    def local_heap(self, *names: str) -> tuple[int, list[int]]:
        """A local heap, and where each name starts in it."""
        body, places = bytes(8), []
        for name in names:
            places.append(len(body))
            body += name.encode() + b"\0"
            body += bytes(-len(body) % 8)
        data = self.put(body)
        return self.put(b"HEAP\0\0\0\0" + struct.pack("<Q", len(body)) + UNDEFINED + struct.pack("<Q", data)), places

    def old_group(self, **children: int) -> tuple[int, bytes]:
        """The symbol table of a group with these links."""
        heap, places = self.local_heap(*children)
        entries = b"".join(
            struct.pack("<QQI4x16x", place, child, 0) for place, child in zip(places, children.values(), strict=True)
        )
        node = self.put(b"SNOD\x01\0" + struct.pack("<H", len(children)) + entries)
        tree = self.put(b"TREE\0\0" + struct.pack("<H", 1) + UNDEFINED * 2 + struct.pack("<QQQ", 0, node, places[-1]))
        return 0x11, struct.pack("<QQ", tree, heap)

    def dense_links(self, *links: tuple[int, bytes]) -> tuple[int, bytes]:
        """Links in a fractal heap of one block, with a B-tree of one leaf."""
        block_header = 5 + 8 + 4
        body, records = b"", b""
        for _, link in links:
            records += bytes(4) + b"\0" + struct.pack("<IH", block_header + len(body), len(link))
            body += link
        heap = self.put(bytes(146))
        block = self.put((b"FHDB\0" + struct.pack("<Q", heap) + bytes(4) + body).ljust(4096, b"\0"))
        head = b"FRHP\0" + struct.pack("<HHBI", 7, 0, 0, 4096) + struct.pack("<Q", 0) + UNDEFINED
        head += struct.pack("<Q", 0) + UNDEFINED + struct.pack("<8Q", 4096, 4096, 0, len(links), 0, 0, 0, 0)
        head += struct.pack("<HQQHHQH", 4, 4096, 4096, 32, 1, block, 0) + bytes(4)
        self.data[heap : heap + len(head)] = head
        leaf = self.put((b"BTLF\0\x05" + records).ljust(512, b"\0"))
        tree = self.put(
            b"BTHD\0\x05" + struct.pack("<IHHBBQHQ", 512, 11, 0, 100, 40, leaf, len(links), len(links)) + bytes(4)
        )
        return 2, bytes([0, 0]) + struct.pack("<QQ", heap, tree)

    def dataset(self, values: bytes, *, layout: bytes | None = None, more: tuple[tuple[int, bytes], ...] = ()) -> int:
        """A dataset of bytes, all in one piece unless another layout is given."""
        if layout is None:
            layout = bytes([3, 1]) + struct.pack("<QQ", self.put(values), len(values))
        shape = bytes([2, 1, 0, 1]) + struct.pack("<Q", len(values))
        datatype = struct.pack("<B3xI", 0x10, 1) + struct.pack("<HH", 0, 8)
        return self.header((1, shape), (3, datatype), (8, layout), *more)

    def external_files(self, *files: tuple[str, int, int]) -> tuple[int, bytes]:
        """A list of files that hold raw data: name, position, size."""
        heap, places = self.local_heap(*(name for name, _, _ in files))
        slots = b"".join(struct.pack("<QQQ", at, *rest) for at, (_, *rest) in zip(places, files, strict=True))
        return 7, struct.pack("<B3xHHQ", 1, len(files), len(files), heap) + slots

    def virtual(self, file: str, dataset: str) -> bytes:
        """The layout of a virtual dataset with one source."""
        mapping = b"\0" + struct.pack("<Q", 1) + file.encode() + b"\0" + dataset.encode() + b"\0" + bytes(40)
        return bytes([4, 3]) + struct.pack("<QI", self.heap(mapping), 1)

    def filters(self, *steps: tuple[int, str]) -> tuple[int, bytes]:
        """A filter pipeline of version 2."""
        body = b""
        for number, name in steps:
            length = struct.pack("<H", len(name)) if number >= 256 else b""
            body += struct.pack("<H", number) + length + struct.pack("<HH", 1, 1)
            body += (name.encode() if number >= 256 else b"") + bytes(4)
        return 0x0B, bytes([2, len(steps)]) + body


@pytest.fixture
def writer() -> Writer:
    """A new file."""
    return Writer()


@pytest.fixture
def writer_class() -> type[Writer]:
    """For files with a block of the user's, and for several."""
    return Writer
