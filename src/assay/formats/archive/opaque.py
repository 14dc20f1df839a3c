"""Archives that are recognised and not opened: what is in them stays unknown, and that is told."""

from __future__ import annotations

import re
from typing import Final

from assay.formats.archive.archive import Archive
from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.view import Problem

_TITLES: Final = {
    b"Rar!\x1a\x07": "RAR archive", b"MSCF\0\0\0\0": "Microsoft cabinet", b"\xed\xab\xee\xdb": "RPM package",
    b"07070": "cpio archive", b"\xc7\x71": "cpio archive", b"\x71\xc7": "cpio archive", b"\x1f\x9d": "compress stream",
    b"\x1f\xa0": "compress stream", b"\x1f\x1e": "pack stream", b"LZIP\x01": "lzip stream", b"\x89LZO": "lzop stream",
    b"\xff\x06\0\0sNaPpY": "framed Snappy stream", b"hsqs": "SquashFS image", b"xar!": "xar archive",
    b"!<thin>\n": "thin Unix archive", b"\x02\x21\x4c\x18": "LZ4 stream of the older form", b"ITSF": "compiled help",
    b"MSWIM\0\0\0": "Windows image",
}  # fmt: skip

_SEARCHED: Final = 1 << 20
_MOST_NAMES: Final = 1_000
_NAME: Final = re.compile(rb"[\w./-]{1,200}\.[A-Za-z0-9]{1,12}")


class Opaque(Archive):
    """An archive that nothing here opens; ``title`` says what it is."""

    def __init__(self, title: str, names: list[tuple[str, int]]) -> None:
        super().__init__()
        self.title = title
        self.closed += names
        self.problems.append(Problem(f"a {title} is not opened, so what is in it is unknown"))


def read(source: Source, _budget: Budget, name: str) -> Opaque:
    """See :class:`~assay.formats.signature.Reader`.

    Names of files stand in it as they are, unless they are packed as well; of a single stream it is its own, shortened.
    """
    start = source.read(0, _SEARCHED)
    names = {found[0].decode("ascii"): found.start() for found in _NAME.finditer(start)}
    names.setdefault(name.rpartition(".")[0], 0)
    title = next((title for magic, title in _TITLES.items() if start.startswith(magic)), "disk image")
    return Opaque(title, list(names.items())[:_MOST_NAMES])
