"""The walk through an HDF5 file, from the root group to everything that hard links reach, each object once."""

from __future__ import annotations

import math
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import LimitReached
from assay.formats.hdf5 import btree, header, messages
from assay.formats.hdf5.access import Access, Cursor
from assay.formats.hdf5.hdf5 import Attribute, Dataset, Hdf5, Link
from assay.formats.hdf5.heaps import NAME_KEPT, FractalHeap, LocalHeap, global_object
from assay.formats.hdf5.messages import Datatype, External, Filter, Layout
from assay.formats.source import Window
from assay.formats.view import Contrived

#: Bytes of a path: groups may be nested without end.
MAX_PATH: Final = 8192
#: Texts of variable length in one attribute that are looked up.
TEXTS: Final = 256
_SOFT: Final = 1
_EXTERNAL: Final = 64
#: Bytes of a reference to a global heap: a length, an address, an index.
_BEFORE: Final = 4


def walk(view: Hdf5, access: Access, root: int) -> None:
    """Fill the view. What breaks one object is noted, and the others are still read.

    :raises LimitReached: the file costs too much
    """
    pending: list[tuple[str, int]] = [("/", root)]
    seen = {root}
    while pending:
        path, address = pending.pop()
        reading = _Object(view, access, path, address)
        try:
            reading.read()
        except LimitReached:
            raise
        except FormatError as error:
            view.note(error)
        reading.keep()
        for name, child in reversed(reading.children):
            if child in seen:
                continue
            seen.add(child)
            if len(path) + len(name) > MAX_PATH:
                view.note(Contrived("groups are nested too deeply", offset=access.base + child))
                continue
            pending.append((f"{path.rstrip('/')}/{name}", child))


class _Object:
    """One group or dataset while its messages are read."""

    def __init__(self, view: Hdf5, access: Access, path: str, address: int) -> None:
        self.children: list[tuple[str, int]] = []
        self._view = view
        self._access = access
        self._path = path
        self._address = address
        self._datatype: Datatype | None = None
        self._shape: tuple[int, ...] | None = None
        self._layout: Layout | None = None
        self._filters: tuple[Filter, ...] = ()
        self._external: tuple[External, ...] = ()

    def read(self) -> None:
        """Read every message; the first that breaks is raised when the others have been read."""
        failed: FormatError | None = None
        for message in header.messages(self._access, self._address):
            try:
                self._take(message)
            except LimitReached:
                raise
            except FormatError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def keep(self) -> None:
        """Put what it is into the view."""
        offset = self._access.base + self._address
        if self._layout is None and not self._external:
            self._view.groups.append(self._path)
            return
        self._view.datasets.append(
            Dataset(self._path, self._datatype, self._shape, self._layout, self._filters, self._external, offset)
        )

    def _take(self, message: header.Message) -> None:
        access, body = self._access, message.body
        if message.shared and message.kind != header.ATTRIBUTE:
            body = messages.shared_message(access, body, message.kind)
        match message.kind:
            case header.DATATYPE:
                self._datatype = messages.read_datatype(body)
            case header.DATASPACE:
                self._shape = messages.read_shape(body)
            case header.LAYOUT:
                self._layout = messages.read_layout(access, body)
            case header.FILTERS:
                self._filters = messages.read_filters(body)
            case header.EXTERNAL_FILES:
                self._external = messages.read_external(access, body)
            case header.SYMBOL_TABLE:
                self._symbols(body)
            case header.LINK:
                self._link(body)
            case header.LINK_INFO:
                self._dense_links(body)
            case header.ATTRIBUTE:
                if message.shared:
                    body = messages.shared_message(access, body, message.kind)
                self._attribute(body)
            case header.ATTRIBUTE_INFO:
                self._dense_attributes(body)

    def _symbols(self, body: Cursor) -> None:
        """Links of an old group: a B-tree of symbol nodes, and a heap with their names."""
        access = self._access
        tree, heap = body.address(), body.address()
        if tree is None or heap is None:
            return
        names = LocalHeap(access, heap)
        width = 2 * access.offsets + 24
        for address in btree.leaves(access, tree):
            head = access.cursor(address, 8, "a symbol node", b"SNOD")
            head.take(2)
            count = head.number(2)
            entries = access.cursor(address + 8, count * width, "a symbol node's entries")
            for _ in range(count):
                access.budget.spend_members(offset=entries.offset)
                offset = entries.offset
                name = names.text(entries.number(access.offsets))
                place, cached = entries.address(), entries.number(4)
                entries.take(4)
                scratch = entries.take(16)
                if cached == 2:
                    target = names.text(int.from_bytes(scratch[:4], "little"))
                    self._view.links.append(Link(self._below(name), "soft", "", target, offset))
                elif place is not None:
                    self.children.append((name, place))

    def _link(self, body: Cursor) -> None:
        offset = body.offset
        version, flags = body.number(1), body.number(1)
        if version != 1:
            raise FormatError(f"a link of version {version}, which is unknown", offset=offset)
        kind = body.number(1) if flags & 8 else 0
        body.take((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
        name = _text(body.take(body.number(1 << (flags & 3))))
        if kind == 0:
            place = body.address()
            if place is not None:
                self.children.append((name, place))
            return
        value = body.take(body.number(2))
        path = self._below(name)
        if kind == _SOFT:
            self._view.links.append(Link(path, "soft", "", _text(value), offset))
        elif kind == _EXTERNAL:
            file, _, target = value[1:].partition(b"\0")
            target = target.partition(b"\0")[0]
            self._view.links.append(Link(path, "external", _text(file), _text(target), offset))
        else:
            self._view.links.append(Link(path, "user-defined", "", "", offset, kind))

    def _dense_links(self, body: Cursor) -> None:
        """Links of a group that has many: a heap, and a B-tree of their names."""
        body.take(1)
        flags = body.number(1)
        body.take(8 if flags & 1 else 0)
        heap, tree = body.address(), body.address()
        if heap is None or tree is None:
            return
        links = FractalHeap(self._access, heap)
        for record in btree.records(self._access, tree):
            self._access.budget.spend_members(offset=record.start)
            record.take(4)
            self._link(links.object(record.take(links.id_length)))

    def _dense_attributes(self, body: Cursor) -> None:
        body.take(1)
        flags = body.number(1)
        body.take(2 if flags & 1 else 0)
        heap, tree = body.address(), body.address()
        if heap is None or tree is None:
            return
        values = FractalHeap(self._access, heap)
        for record in btree.records(self._access, tree):
            self._access.budget.spend_members(offset=record.start)
            self._attribute(values.object(record.take(values.id_length)))

    def _attribute(self, body: Cursor) -> None:
        offset = body.offset
        version, flags = body.number(1), body.number(1)
        if version not in (1, 2, 3):
            raise FormatError(f"an attribute of version {version}, which is unknown", offset=offset)
        sizes = [body.number(2) for _ in range(3)]
        if version == 3:
            body.take(1)
        parts = [body.take(-(-size // 8) * 8 if version == 1 else size) for size in sizes]
        name = _text(parts[0].partition(b"\0")[0])
        type_body, space_body = (Cursor(self._access, part, offset) for part in parts[1:])
        if version > 1 and flags & 1:
            type_body = messages.shared_message(self._access, type_body, header.DATATYPE)
        if version > 1 and flags & 2:
            space_body = messages.shared_message(self._access, space_body, header.DATASPACE)
        datatype, shape = messages.read_datatype(type_body), messages.read_shape(space_body)
        values = self._values(datatype, shape, body)
        self._view.attributes.append(Attribute(name, self._path, datatype, shape, values, offset))

    def _values(self, datatype: Datatype, shape: tuple[int, ...] | None, body: Cursor) -> tuple[Window, ...]:
        if shape is None:
            return ()
        count = math.prod(shape)
        if datatype.kind != "vlen":
            return (Window(self._access.source, body.offset, min(count * datatype.size, body.left)),)
        found: list[Window] = []
        width = _BEFORE + self._access.offsets + 4
        for _ in range(min(count, TEXTS)):
            if body.left < width:
                break
            length, address, index = body.number(4), body.address(), body.number(4)
            if address and length:
                data = global_object(self._access, address, index)
                unit = datatype.base.size if datatype.base is not None and not datatype.text else 1
                found.append(Window(data, 0, length * unit))
        return tuple(found)

    def _below(self, name: str) -> str:
        return f"{self._path.rstrip('/')}/{name}"


def _text(data: bytes) -> str:
    return data[:NAME_KEPT].decode(errors="replace")
