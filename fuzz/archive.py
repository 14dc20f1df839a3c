"""Fuzz the readers of archives and compressed streams: ``python fuzz/archive.py READER [libFuzzer arguments]``.

A crash is any exception but :class:`~assay.core.errors.FormatError`; libFuzzer itself watches time and memory
(``-timeout=5 -rss_limit_mb=1024``). Needs ``atheris``.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import atheris
import lz4.frame
import zstandard

with atheris.instrument_imports(include=["assay"]):
    from assay.core.errors import FormatError
    from assay.formats.archive import ar, opaque, sevenzip, streams, tar, zip_row
    from assay.formats.archive import zip as zip_reader
    from assay.formats.archive.signatures import SIGNATURES
    from assay.formats.budget import Budget, Limits
    from assay.formats.signature import Head
    from assay.formats.source import Memory
    from assay.formats.view import View
    from assay.scan.rules import rules_for

LIMITS = Limits(seconds=4, members=10_000, held=16 << 20, expanded=64 << 20)
_PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."


def _zips() -> list[bytes]:
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            archive.writestr("archive/data.pkl", _PICKLE)
            archive.writestr("archive/data/0", bytes(64))
            archive.comment = b"comment"
        found.append(buffer.getvalue())
    buffer = io.BytesIO()
    with zipfile.ZipFile(_Unseekable(buffer), "w") as archive:
        archive.writestr("a.txt", "x" * 50)
    found += [buffer.getvalue(), b"prefix" * 9 + found[0], found[0] + b"trailing", found[0] + found[1], found[0][:150]]
    return found


class _Unseekable(io.BufferedIOBase):
    """Makes ``zipfile`` write data descriptors."""

    def __init__(self, inner: io.BytesIO) -> None:
        self.inner = inner

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self.inner.write(data)

    def flush(self) -> None:
        pass


def _tars() -> list[bytes]:
    found = []
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            for name, kind in (("m.pkl", tarfile.REGTYPE), ("d", tarfile.DIRTYPE), ("l", tarfile.SYMTYPE)):
                member = tarfile.TarInfo(name)
                member.type, member.linkname = kind, "../x" if kind == tarfile.SYMTYPE else ""
                member.size = len(_PICKLE) if kind == tarfile.REGTYPE else 0
                archive.addfile(member, io.BytesIO(_PICKLE))
            if form != tarfile.USTAR_FORMAT:
                long = tarfile.TarInfo("é" * 120)
                long.pax_headers = {"comment": "x", "GNU.sparse.map": "0,1", "GNU.sparse.size": "4"}
                archive.addfile(long)
        found.append(buffer.getvalue()[:6144])
    sparse = bytearray(found[1][:1024])
    sparse[156:157], sparse[386:410], sparse[483:495] = b"S", b"00000000000\x0000000000012\0", b"00000000100\0"
    sparse[148:156] = b" " * 8
    sparse[148:156] = b"%06o\0 " % sum(sparse[:512])
    return [*found, bytes(sparse)]


def _streams() -> list[bytes]:
    named = io.BytesIO()
    with gzip.GzipFile("m.pkl", "wb", fileobj=named, mtime=0) as stream:
        stream.write(_PICKLE)
    data = _PICKLE * 4
    skipped = struct.pack("<II", 0x184D2A50, 4) + b"note"
    return [
        named.getvalue(), gzip.compress(data, mtime=0) * 2 + bytes(8), zlib.compress(data), bz2.compress(data) * 2,
        lzma.compress(data), lzma.compress(data, lzma.FORMAT_ALONE), skipped + zstandard.compress(data),
        lz4.frame.compress(data) + skipped,
    ]  # fmt: skip


def _sevenzips() -> list[bytes]:
    """One file, stored, with a plain header; and the same with the header compressed."""
    header = (
        b"\x01\x04\x06\x00\x01\x09\x1a\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x1a\x00\x08\x0a\x01\0\0\0\0\x00\x00"
        b"\x05\x01\x11\x0d\x00" + "m.pkl".encode("utf-16-le") + b"\0\0\x15\x06\x01\x00\x20\x00\x00\x00\x00\x00"
    )
    packed = lzma.compress(
        header, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 65536, "lc": 3, "lp": 0, "pb": 2}]
    )
    encoded = (
        b"\x17\x06" + bytes([26, 1, 9, len(packed), 0]) + b"\x07\x0b\x01\x00\x01\x23\x03\x01\x01\x05\x5d\0\0\1\0\x0c"
        + bytes([len(header)]) + b"\x00\x00"
    )  # fmt: skip
    found = []
    for body, tail in ((_PICKLE, header), (_PICKLE + packed, encoded)):
        start = struct.pack("<QQI", len(body), len(tail), zlib.crc32(tail))
        found.append(b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + body + tail)
    return found


def _ars() -> list[bytes]:
    def header(name: bytes, size: int) -> bytes:
        return (
            name.ljust(16)
            + b"0".ljust(12)
            + b"0".ljust(6) * 2
            + b"644".ljust(8)
            + str(size).encode().ljust(10)
            + b"`\n"
        )

    names = b"a-very-long-name-of-an-object.o/\n"
    return [
        b"!<arch>\n" + header(b"//", len(names)) + names + b"\n" + header(b"/0", 4) + b"\x7fELF"
        + header(b"#1/8", 12) + b"short.o\0data" + header(b"debian-binary/", 4) + b"2.0\n"
    ]  # fmt: skip


def _rows() -> list[bytes]:
    plain, packed = (made.removesuffix(b"\7\0comment") + b"\0\0" for made in _zips()[:2])
    return [plain * 2, plain * 3 + packed]


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "zip": _zips,
    "zip_row": _rows,
    "tar": _tars,
    "streams": _streams,
    "sevenzip": _sevenzips,
    "ar": _ars,
    "opaque": lambda: [b"Rar!\x1a\x07\0", b"MSCF\0\0\0\0"],
}
READERS = {
    "zip": zip_reader,
    "zip_row": zip_row,
    "tar": tar,
    "streams": streams,
    "sevenzip": sevenzip,
    "ar": ar,
    "opaque": opaque,
}


def target(reader: str) -> Callable[[bytes], None]:
    """What libFuzzer calls with each input."""
    module = READERS[reader]

    def once(data: bytes) -> None:
        source = Memory(data)
        budget = Budget(LIMITS)
        for signature in SIGNATURES:
            signature.claims(Head(source, "m.bin"))
        try:
            view: View = module.read(source, budget, "m.bin")
            for member in view.members():
                member.source.read(0, 4096)
                member.source.read(max(0, member.source.size - 7), 9)
            for rule in rules_for(view.kind):
                for hit in rule.check(view):
                    assert hit.message
        except FormatError:
            pass

    return once


def main() -> None:
    """Fuzz the reader that the first argument names, from seeds made here."""
    if len(sys.argv) < 2 or sys.argv[1] not in SEEDS:
        sys.exit(f"usage: {sys.argv[0]} {{{','.join(SEEDS)}}} [libFuzzer arguments]")
    reader = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS[reader]()):
            Path(folder, f"seed{number}").write_bytes(seed)
        atheris.Setup([*sys.argv, folder], target(reader))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
