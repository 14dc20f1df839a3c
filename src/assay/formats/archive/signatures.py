"""How archives and compressed streams are recognised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.formats.signature import HEAD, Begins, Claim, Head, Signature

_TAIL: Final = 65_535 + 22
_TAR_BLOCK: Final = 512
_DISKS: Final = frozenset({".iso", ".img"})


def _zip(head: Head) -> Claim:
    start = head.start
    if start[:4] == b"PK\x03\x04" or start[:8] in {b"PK00PK\x03\x04", b"PK\x07\x08PK\x03\x04"}:
        return Claim.CERTAIN
    offset = 0 if head.size <= HEAD else max(0, head.size - _TAIL)
    tail = start if head.size <= HEAD else head.source.read(offset, _TAIL)
    at = tail.rfind(b"PK\x05\x06")
    for _ in range(16):
        if at < 0:
            break
        if _directory(head, tail, at, offset + at):
            return Claim.CERTAIN
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return Claim.NO


def _zip_row(head: Head) -> Claim:
    """A zip of PyTorch's, and another before its end."""
    there = head.start[:4] == b"PK\x03\x04" and head.start[30:46] == b"archive/data.pkl"
    return Claim.PLAUSIBLE if there else Claim.NO


def _directory(head: Head, tail: bytes, at: int, end: int) -> bool:
    """Whether a central directory lies where the end record at ``end`` says, or an empty zip starts there."""
    if len(tail) < at + 22:
        return False
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    declared = int.from_bytes(tail[at + 16 : at + 20], "little")
    if end == 0:
        return length == 0
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
        return True
    for offset in (end - length, declared):
        if 0 <= offset < end and head.source.read(offset, 4) == b"PK\x01\x02":
            return True
    return False


def _tar(head: Head) -> Claim:
    block = head.start[:_TAR_BLOCK]
    if len(block) < _TAR_BLOCK:
        return Claim.NO
    if block[257:262] == b"ustar":
        return Claim.CERTAIN
    written = block[148:156].strip(b" \0")
    if not block[0] or not 0 < len(written) < 8 or written.strip(b"01234567"):
        return Claim.NO
    total = int(written, 8)
    return Claim.CERTAIN if total == sum(block) - sum(block[148:156]) + 8 * 32 else Claim.NO


def _zlib(head: Head) -> Claim:
    start = head.start
    if len(start) < 6 or start[0] & 0x8F != 0x08 or start[1] & 0x20 or (start[0] << 8 | start[1]) % 31:
        return Claim.NO
    return Claim.PLAUSIBLE


def _lzma(head: Head) -> Claim:
    start = head.start
    if len(start) < 14 or start[0] >= 9 * 5 * 5 or start[13]:
        return Claim.NO
    dictionary, size = int.from_bytes(start[1:5], "little"), int.from_bytes(start[5:13], "little")
    if dictionary & (dictionary - 1) and dictionary.bit_length() - (dictionary >> 1).bit_length() != 1:
        return Claim.NO
    if not dictionary or bin(dictionary).count("1") > 2 or (size >> 40 and size != (1 << 64) - 1):
        return Claim.NO
    return Claim.PLAUSIBLE


def _bzip2(head: Head) -> Claim:
    start = head.start
    if start[:3] != b"BZh" or not start[3:4].isdigit():
        return Claim.NO
    blocks = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")
    return Claim.CERTAIN if start[4:10] in blocks else Claim.PLAUSIBLE


def _zstd(head: Head) -> Claim:
    start = head.start
    if start[:4] == b"\x28\xb5\x2f\xfd":
        return Claim.CERTAIN
    return Claim.PLAUSIBLE if start[1:4] == b"\x2a\x4d\x18" and start[0] & 0xF0 == 0x50 else Claim.NO


def _starts(*magics: bytes) -> Begins:
    return Begins(Claim.CERTAIN, *magics)


def _iso(head: Head) -> Claim:
    if head.size < 34_816 or (head.start[:16].strip(b"\0") and head.suffix not in _DISKS):
        return Claim.NO
    return Claim.CERTAIN if head.source.read(32_769, 5) in {b"CD001", b"BEA01", b"NSR02"} else Claim.NO


_ROOM: Final = "assay.formats.archive."

#: Endings of what is published as a zip, most of it by another name.
_ZIPS: Final = (
    ".zip .zipx .npz .pt .pth .pt2 .ptl .ptx .ckpt .bin .pkl .torch .th .torchscript .jit .keras .skops .mar .model"
    " .nemo .tflite .whl .egg .pyz .pex .jar .war .ear .aar .apk .apks .aab .ipa .xpi .crx .nupkg .vsix .conda .docx"
    " .docm .xlsx .xlsm .pptx .odt .ods .odp .epub .kmz .3mf .cbz .sb3 .llamafile .exe .com .mlpackage .pickle .p"
    " .weights .data"
)


def _signature(
    name: str,
    title: str,
    module: str,
    suffixes: str,
    claims: Callable[[Head], Claim],
    starts: frozenset[int] | None = None,
    endings: frozenset[str] = frozenset(),
) -> Signature:
    return Signature(name, title, _ROOM + module, frozenset(suffixes.split()), claims, starts=starts, endings=endings)


_UNSUPPORTED: Final = (
    b"Rar!\x1a\x07", b"MSCF\0\0\0\0", b"\xed\xab\xee\xdb", b"070701", b"070702", b"070707", b"\xc7\x71", b"\x71\xc7",
    b"\x1f\x9d", b"\x1f\xa0", b"\x1f\x1e", b"LZIP\x01", b"\x89LZO\0\r\n\x1a\n", b"\xff\x06\0\0sNaPpY", b"hsqs",
    b"xar!\0\x1c", b"!<thin>\n", b"\x02\x21\x4c\x18", b"ITSF\x03\0\0\0", b"MSWIM\0\0\0",
)  # fmt: skip

_BEGINS_UNSUPPORTED: Final = _starts(*_UNSUPPORTED)

SIGNATURES: Final[tuple[Signature, ...]] = (
    _signature("zip", "Zip archive", "zip", _ZIPS, _zip),
    _signature("zip-row", "Row of PyTorch zips", "zip_row", ".distcp", _zip_row, frozenset(b"P")),
    _signature("tar", "Tar archive", "tar", ".tar .nemo .pt .pth .ova .gem .tgz .gz .bz2 .xz .zst .layer", _tar),
    _signature("gzip", "Gzip stream", "streams",
               ".gz .tgz .gzip .rds .rda .rdata .svgz .joblib .pkl .nii .z .dat .emz .crate .taz .layer",
               _starts(b"\x1f\x8b\x08")),
    _signature("bzip2", "Bzip2 stream", "streams", ".bz2 .tbz .tbz2 .bz .rds .rda .rdata .joblib .pkl", _bzip2,
               frozenset(b"B")),
    _signature("xz", "Xz stream", "streams", ".xz .txz .rds .rda .rdata .joblib .pkl", _starts(b"\xfd7zXZ\0")),
    _signature("zstd", "Zstandard stream", "streams", ".zst .zstd .tzst .pkl", _zstd,
               frozenset({0x28, *range(0x50, 0x60)})),
    _signature("lz4", "LZ4 stream", "streams", ".lz4 .joblib .pkl", _starts(b"\x04\x22\x4d\x18")),
    _signature("zlib", "Zlib stream", "streams", ".z .zlib .zz .joblib .pkl", _zlib, frozenset(range(8, 0x80, 16))),
    _signature("lzma", "LZMA stream", "streams", ".lzma .joblib .pkl", _lzma),
    _signature("7z", "7z archive", "sevenzip", ".7z .pt .pth .bin .ckpt .exe", _starts(b"7z\xbc\xaf\x27\x1c")),
    _signature("ar", "Unix archive", "ar", ".a .ar .deb .lib .udeb .rlib", _starts(b"!<arch>\n")),
    _signature("unsupported-archive", "Archive that is not opened", "opaque",
               ".rar .cab .rpm .cpio .z .lz .lzo .sz .squashfs .sqsh .xar .pkg .chm .wim .dmg .snap .iso .img .a",
               lambda head: _BEGINS_UNSUPPORTED(head) or _iso(head), _BEGINS_UNSUPPORTED.starts | {0}, _DISKS),
)  # fmt: skip
