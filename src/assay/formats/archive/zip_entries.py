"""The entries of a zip, put together from the two headers that describe each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.formats.archive import zip_records
from assay.formats.archive.zip_records import Header, Listed
from assay.formats.source import Source

_LINK: Final = 0o120000
_SPECIAL: Final = {0o010000: "a pipe", 0o020000: "a character device", 0o060000: "a block device", 0o140000: "a socket"}


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One file in the zip, as one reader or another would see it.

    :param name: as the directory has it; as the local header has it, when the directory does not list it
    :param offset: where its data start
    :param header_offset: where its local header stands
    :param compressed_size: bytes of data in the file
    :param size: bytes it expands to, as declared
    :param listed: whether the directory lists it
    :param link: it is a symbolic link; its data are the target
    :param special: what else it is, when it is neither file nor folder
    :param local: its local header; ``None`` when there is none where the directory says
    :param central: its entry in the directory; ``None`` when it has none
    """

    name: str
    offset: int
    header_offset: int
    compressed_size: int
    size: int
    method: int
    flags: int
    crc: int
    is_folder: bool
    listed: bool
    link: bool
    special: str
    local: Header | None
    central: Header | None

    @property
    def encrypted(self) -> bool:
        """Whether it says that it is encrypted, which need not be so."""
        return bool(self.flags & zip_records.ENCRYPTED)

    @property
    def end(self) -> int:
        """Where its data end."""
        return self.offset + self.compressed_size


def from_directory(source: Source, listed: Listed, base: int) -> Entry:
    """The entry that a line of the directory describes.

    :param base: what is to be added to the offset that stands there
    """
    header = listed.header
    offset = listed.local_offset + base
    local = zip_records.local_header(source, offset)
    if local is None and base:
        offset = listed.local_offset
        local = zip_records.local_header(source, offset)
    mode = listed.attributes >> 16 & 0o170000 if listed.unix else 0
    name = header.name if header.unicode_name is None else header.unicode_name
    return Entry(
        name, local.end if local else offset, offset, header.compressed, header.size, header.method,
        header.flags | (local.flags & zip_records.ENCRYPTED if local else 0), header.crc, name.endswith("/"), True,
        mode == _LINK, _SPECIAL.get(mode, ""), local, header,
    )  # fmt: skip


def variant(entry: Entry) -> Entry | None:
    """What a reader that trusts the local header makes of a listed entry, when that is something else."""
    local = entry.local
    if local is None or (local.flags & zip_records.DESCRIBED and not local.compressed):
        return None
    if (local.method, local.compressed) == (entry.method, entry.compressed_size):
        return None
    return from_local(local, entry)


def from_local(local: Header, entry: Entry | None = None) -> Entry:
    """The entry that a local header describes; ``entry`` is what the directory makes of it, if it lists it."""
    name = local.name if local.unicode_name is None else local.unicode_name
    return Entry(
        name, local.end, local.offset, local.compressed, local.size, local.method, local.flags, local.crc,
        name.endswith("/"), False, False, "", local, entry.central if entry else None,
    )  # fmt: skip


def names(entry: Entry) -> Iterator[str]:
    """Every name that one reader or another gives the entry."""
    yield entry.name
    for header in (entry.central, entry.local):
        if header is not None:
            yield header.name
            if header.unicode_name is not None:
                yield header.unicode_name


def expected(entry: Entry) -> tuple[str, ...]:
    """PyTorch unpickles these whatever they look like."""
    return ("pickle",) if any(name.rpartition("/")[2] == "data.pkl" for name in names(entry)) else ()
