"""Fuzz the readers of harmless files: ``python fuzz/plain.py READER [libFuzzer arguments]``.

A crash is any exception but :class:`~assay.core.errors.FormatError`; libFuzzer itself watches time and memory
(``-timeout=5 -rss_limit_mb=1024``). Needs ``atheris``.
"""

from __future__ import annotations

import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["assay"]):
    from assay.core.errors import FormatError
    from assay.formats.budget import Budget, Limits
    from assay.formats.plain import git_object, numbers, pdf, picture, plain, sentencepiece, zeros
    from assay.formats.plain.signatures import SIGNATURES
    from assay.formats.signature import Head
    from assay.formats.source import Memory
    from assay.formats.view import View
    from assay.scan.rules import rules_for

LIMITS = Limits(seconds=4, members=10_000, held=16 << 20)


def _pictures() -> list[bytes]:
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 4) + b"IHDR" + bytes(8) + bytes(4) + b"IEND" + bytes(4)
    jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x04ab\x12\xff\0\x34\xff\xd9"
    gif = b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + b"!\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
    bmp = b"BM" + struct.pack("<IIII", 58, 0, 54, 40) + bytes(40)
    riff = b"RIFF" + struct.pack("<I", 8) + b"WEBPVP8 "
    boxes = struct.pack(">I", 16) + b"ftypisom\0\0\0\0" + struct.pack(">I", 8) + b"mdat"
    return [picture + tail for picture in (png, jpeg, gif, bmp, riff, boxes) for tail in (b"", b"\x80\x04N.")]


def _vocabularies() -> list[bytes]:
    piece = b"\x0a\x05<unk>\x15\0\0\0\0\x18\x02"
    return [(b"\x0a" + bytes([len(piece)]) + piece) * 3 + b"\x12\x02ab"]


def _tables() -> list[bytes]:
    matrix = struct.pack("<5I", 0, 2, 3, 0, 2) + b"x\0" + bytes(48)
    vectors = b"2 2\n" + b"".join(word + b" " + struct.pack("<2f", 0.5, 1.0) + b"\n" for word in (b"a", b"b"))
    records = struct.pack("<I8sI", 8, bytes(8), 8) * 3
    stata = b"\x72\2\1\0\1\0\5\0\0\0" + bytes(81) + b" 1 Jan 2020 10:00\0" + bytes(40)
    return [matrix * 2, vectors, records, stata]


TARGETS: dict[str, tuple[Callable[[Memory, Budget, str], View], Callable[[], list[bytes]]]] = {
    "picture": (picture.read, _pictures),
    "sentencepiece": (sentencepiece.read, _vocabularies),
    "numbers": (numbers.read, _tables),
    "git_object": (git_object.read, lambda: [b"blob 3\0abc"]),
    "zeros": (zeros.read, lambda: [bytes(64)]),
    "pdf": (pdf.read, lambda: [b"%PDF-1.7\n%%EOF\n", b"%PDF-1.7\n%%EOF\n1 0 obj\n%%EOF\n\x80\x04N."]),
    "plain": (plain.read, lambda: [b"%PDF-1.7"]),
}


def target(reader: str) -> Callable[[bytes], None]:
    """What libFuzzer calls with each input."""
    read, _ = TARGETS[reader]

    def once(data: bytes) -> None:
        source = Memory(data)
        for signature in SIGNATURES:
            signature.claims(Head(source, "m.bin"))
        try:
            view = read(source, Budget(LIMITS), "m.bin")
            for member in view.members():
                member.source.read(0, 4096)
            for rule in rules_for(view.kind):
                for hit in rule.check(view):
                    assert hit.message
        except FormatError:
            pass

    return once


def main() -> None:
    """Fuzz the reader that the first argument names, from seeds made here."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: {sys.argv[0]} {{{','.join(TARGETS)}}} [libFuzzer arguments]")
    reader = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(TARGETS[reader][1]()):
            Path(folder, f"seed{number}").write_bytes(seed)
        atheris.Setup([*sys.argv, folder], target(reader))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
