"""How harmless files are recognised. They come last: what another format claims is that format's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.formats.plain import headers, numbers
from assay.formats.plain.git_object import HEADER
from assay.formats.plain.sentencepiece import is_piece
from assay.formats.signature import Begins, Claim, Head, Signature

_ROOM: Final = "assay.formats.plain."


def _empty(head: Head) -> Claim:
    if not head.size:
        return Claim.CERTAIN
    return Claim.PLAUSIBLE if head.start[:1] == b"\0" and not head.start.strip(b"\0") else Claim.NO


def _sentencepiece(head: Head) -> Claim:
    start = head.start
    if start[:1] != b"\x0a" or len(start) < 16:
        return Claim.NO
    first = 2 + start[1]
    second = start[first : first + 2]
    if start[1] > 0x7F or len(second) < 2 or second[0] != 0x0A or not is_piece(start[2:first]):
        return Claim.NO
    return Claim.CERTAIN if is_piece(start[first + 2 : first + 2 + second[1]]) else Claim.NO


def _tiff(head: Head) -> Claim:
    start = head.start
    if start[:4] not in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        return Claim.NO
    order = "little" if start[:1] == b"I" else "big"
    place = int.from_bytes(start[4:8], order) if start[2:4] in {b"*\0", b"\0*"} else 8  # type: ignore[arg-type]
    return Claim.CERTAIN if 8 <= place < head.size else Claim.NO


def _icon(head: Head) -> Claim:
    start = head.start
    if start[:4] not in {b"\0\0\1\0", b"\0\0\2\0"} or len(start) < 22:
        return Claim.NO
    count = int.from_bytes(start[4:6], "little")
    place = int.from_bytes(start[18:22], "little")
    return Claim.CERTAIN if 0 < count < 256 and start[9] == 0 and 6 + 16 * count <= place < head.size else Claim.NO


def _film(head: Head) -> Claim:
    start = head.start
    return Claim.CERTAIN if start[4:8] == b"ftyp" and start[:2] == b"\0\0" and start[8:11].isalnum() else Claim.NO


def _mp3(head: Head) -> Claim:
    start = head.start
    if start[:3] == b"ID3" and len(start) > 10 and start[3] < 5 and max(start[6:10]) < 0x80:
        return Claim.CERTAIN
    if start[:1] != b"\xff" or len(start) < 4 or start[1] & 0xE6 != 0xE2:
        return Claim.NO
    # A frame of layer III, and another of the same kind where it ends.
    rate, sampling = _RATES[start[2] >> 4], _SAMPLINGS[start[2] >> 2 & 3]
    if not rate or not sampling or start[1] & 0x18 != 0x18:
        return Claim.NO
    after = 144_000 * rate // sampling + (start[2] >> 1 & 1)
    return Claim.CERTAIN if start[after : after + 2] == start[:2] else Claim.NO


def _parquet(head: Head) -> Claim:
    return Claim.CERTAIN if head.start[:4] in {b"PAR1", b"PARE"} and head.end[-4:] == head.start[:4] else Claim.NO


def _font(head: Head) -> Claim:
    start = head.start
    if start[:4] in {b"OTTO", b"ttcf", b"wOFF", b"wOF2"}:
        return Claim.CERTAIN
    if start[:4] not in {b"\0\1\0\0", b"true"} or len(start) < 28:
        return Claim.NO
    return Claim.CERTAIN if 0 < start[5] < 64 and not start[4] and start[12:16].strip(b" ").isascii() else Claim.NO


def _git_object(head: Head) -> Claim:
    return Claim.PLAUSIBLE if HEADER.match(head.start) else Claim.NO


def _at(offset: int, *magics: bytes) -> Callable[[Head], Claim]:
    if not offset:
        return Begins(Claim.CERTAIN, *magics)
    return lambda head: Claim.CERTAIN if head.start.startswith(magics, offset) else Claim.NO


def _weak(*magics: bytes) -> Callable[[Head], Claim]:
    return Begins(Claim.PLAUSIBLE, *magics)


def _signature(
    name: str,
    title: str,
    suffixes: str,
    claims: Callable[[Head], Claim],
    module: str = "plain",
    starts: bytes | None = None,
) -> Signature:
    first = None if starts is None else frozenset(starts)
    return Signature(name, title, _ROOM + module, frozenset(suffixes.split()), claims, harmless=True, starts=first)


#: kbit/s and Hz of MPEG-1 layer III.
_RATES: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_SAMPLINGS: Final = (44_100, 48_000, 32_000, 0)

#: Name, title, endings, and what they begin with.
_MAGICS: Final = (
    ("picture", "Picture", ".jp2 .jxl .psd .xcf .exr .dds .ktx .icns .fits .hdr .pbm .pgm .ppm .pfm",
     (b"\0\0\0\x0cjP  \r\n", b"\0\0\0\x0cJXL \r\n", b"8BPS\0", b"gimp xcf ", b"\x76\x2f\x31\x01", b"DDS \x7c\0\0\0",
      b"\xabKTX ", b"icns", b"SIMPLE  =", b"#?RADIANCE", b"P6\n", b"P5\n", b"P6 ", b"P5 ", b"PF\n", b"Pf\n")),
    ("sound", "Sound", ".flac .ogg .oga .opus .aif .aiff .mid .midi .au .snd .amr .caf",
     (b"fLaC", b"OggS\0", b"FORM", b"MThd\0\0\0\x06", b".snd\0\0\0", b"#!AMR", b"caff\0\1")),
    ("film", "Film", ".mkv .webm .flv .mpg .mpeg .wmv .wma .asf .ogv .vob",
     (b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\0\0\1\xba", b"\0\0\1\xb3", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")),
    ("old-font", "PostScript or bitmap font", ".pfb .pfa .pcf", (b"\x80\x01", b"\1fcp")),
    ("document", "Document", ".doc .xls .ppt .msi .msg .rtf .ps .eps .djvu .db .dvi",
     (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf", b"%!PS", b"\xc5\xd0\xd3\xc6", b"AT&TFORM",
      b"\xf7\x02\x01\x83\x92\xc0")),
    ("arrow", "Arrow or Feather table", ".arrow .feather .ipc .fea",
     (b"ARROW1\0\0", b"FEA1", b"\xff\xff\xff\xff\x10\0\0\0", b"\xff\xff\xff\xff\x70\0\0\0")),
    ("table", "Table of data", ".avro .orc .dta .sav .mat .nc .cdf .grib .grib2 .bufr .xpt .sas7bdat .sas7bcat",
     (b"Obj\x01", b"ORC\n", b"ORC\x03", b"ORC\x08", b"MATLAB 5.0 MAT-file", b"CDF\x01", b"CDF\x02", b"CDF\x05",
      b"<stata_dta>", b"$FL2@(#)", b"SR\0\4", b"SR\0\6", b"GRIB", b"BUFR",
      bytes(12) + b"\xc2\xea\x81\x60", b"HEADER RECORD***")),
    ("tensorstore", "TensorStore database", ".ocdbt", (b"\x0c\xdb\x3a\x2a", b"\x0c\xdb\x20\xde")),
    ("lightgbm-data", "LightGBM data set", ".bin", (b"______LightGBM_Binary_File_Token______\n",)),
    ("sqlite", "SQLite database", ".sqlite .sqlite3 .db .db3 .gpkg .mbtiles .s3db", (b"SQLite format 3\0",)),
    ("fasttext", "fastText vectors", ".bin .ftz", (b"\xba\x16\x4f\x2f",)),
    ("faiss", "FAISS index", ".faiss .index .idx .bin",
     (b"IxF2", b"IxFI", b"IxFl", b"IHNf", b"IHNs", b"IwFl", b"IwF2", b"IwPQ", b"IwQR", b"IwSq", b"IxPq", b"IxSQ",
      b"IxPT", b"IxMp", b"IxM2", b"IBxF", b"IBwF", b"IxRF", b"IxHe")),
    ("kenlm", "KenLM language model", ".binary .klm .bin", (b"mmap lm http://kheafield.com/code",)),
    ("git", "Git's own files", ".pack .idx .bitmap .rev .mtimes .graph .midx .bundle",
     (b"PACK\0\0\0", b"\xfftOc", b"DIRC\0\0\0", b"BITM\0\1", b"RIDX\0\0\0", b"CGPH\1", b"MIDX\1",
      b"# v2 git bundle", b"# v3 git bundle", b"MTME\0\0\0")),
    ("solid", "Three-dimensional shape", ".glb .blend .fbx .ply .usdc",
     (b"glTF\x02", b"BLENDER", b"Kaydara FBX Binary", b"ply\n", b"ply\r\n", b"PXR-USDC")),
    ("scan", "Medical measurements", ".trk .tck",
     (b"TRACK\0", b"mrtrix tracks", b"MATRIX72v", b"SV10\4\3\2\1")),
    ("capture", "Network capture", ".pcap .pcapng .cap",
     (b"\xd4\xc3\xb2\xa1\2\0", b"\xa1\xb2\xc3\xd4\0\2", b"\x0a\x0d\x0d\x0a")),
    ("system", "System or locale data", ".mo .gmo .tzif .ds_store .typelib .plist .nib",
     (b"TZif", b"\xde\x12\x04\x95", b"\x95\x04\x12\xde", b"\0\0\0\1Bud1", b"bplist00", b"GVariant",
      b"GOBJ\nMETADATA\r\n\x1a", b"\x1a\x01\x30\0")),
)  # fmt: skip

#: Of these, some forms say how long they are.
_WITH_AN_END: Final = frozenset({"arrow", "sqlite", "solid"})

SIGNATURES: Final[tuple[Signature, ...]] = (
    _signature("empty", "Nothing but zeros, or nothing", "", _empty, "zeros", b"\0"),
    _signature("png", "PNG picture", ".png .apng", _at(0, b"\x89PNG\r\n\x1a\n"), "picture"),
    _signature("jpeg", "JPEG picture", ".jpg .jpeg .jpe .jfif", _at(0, b"\xff\xd8\xff"), "picture"),
    _signature("gif", "GIF picture", ".gif", _at(0, b"GIF87a", b"GIF89a"), "picture"),
    _signature("bmp", "Windows bitmap", ".bmp .dib", _weak(b"BM"), "picture"),
    _signature("riff", "WebP, WAV or AVI", ".webp .wav .avi .ani .sf2",
               _weak(b"RIFF", b"RIFX", b"RF64", b"BW64"), "picture"),
    _signature("mp4", "MP4, QuickTime or HEIF", ".mp4 .m4a .m4v .mov .heic .heif .avif .3gp .f4v", _film, "picture",
               b"\0"),
    _signature("pdf", "PDF document", ".pdf .ai", _at(0, b"%PDF-"), "pdf"),
    _signature("tiff", "TIFF picture", ".tif .tiff .dng .cr2 .nef .svs .btf", _tiff, starts=b"IM"),
    _signature("icon", "Windows icon", ".ico .cur", _icon, starts=b"\0"),
    _signature("dicom", "DICOM picture", ".dcm .dicom", _at(128, b"DICM")),
    _signature("mp3", "MP3 sound", ".mp3 .mp2 .mpga", _mp3, starts=b"I\xff"),
    _signature("font", "Font", ".ttf .otf .ttc .woff .woff2 .eot", _font, "ends", b"Otw\0"),
    _signature("parquet", "Parquet table", ".parquet .pq .parq", _parquet, starts=b"P"),
    _signature("lmdb", "LMDB database", ".mdb .lmdb", _at(16, b"\xde\xc0\xef\xbe")),
    _signature("duckdb", "DuckDB database", ".duckdb .db", _at(8, b"DUCK")),
    _signature("sentencepiece", "SentencePiece vocabulary", ".model .spm .bpe .vocab .spiece .pb .sp",
               _sentencepiece, "sentencepiece", b"\n"),
    _signature("matlab", "MATLAB 4 matrices", ".mat", numbers.matlab, "numbers"),
    _signature("stata", "Stata table", ".dta", numbers.stata, "numbers",
               bytes(numbers.STATA)),
    _signature("word2vec", "word2vec vectors", ".bin", numbers.word2vec, "numbers",
               b"0123456789"),
    _signature("fortran", "Fortran records", ".dat .bin", numbers.fortran, "numbers"),
    _signature("nifti", "NIfTI or Analyze picture", ".nii .hdr .img", headers.nifti),
    _signature("mgh", "MGH picture", ".mgh .mgz", headers.mgh),
    _signature("dlib", "dlib model", ".dat .bin", headers.dlib),
    _signature("old-fasttext", "fastText vectors (before its mark)", ".bin", headers.fasttext),
    _signature("embedded-font", "Embedded font", ".eot", headers.embedded_font),
    _signature("arrow-stream", "Arrow stream", ".arrow .arrows", headers.arrow_stream, "ends", b"\xff"),
    _signature("folder-listing", "List of a folder's files", "", headers.folder_listing, starts=b"YNDRTX"),
    _signature("git-object", "Git object", "", _git_object, "git_object", b"bct"),
    *(
        _signature(name, title, suffixes, _at(0, *magics), "ends" if name in _WITH_AN_END else "plain")
        for name, title, suffixes, magics in _MAGICS
    ),
)  # fmt: skip
