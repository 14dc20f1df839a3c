"""Fuzz the readers of programs: ``python fuzz/program.py READER [libFuzzer arguments]``.

A crash is any exception but :class:`~assay.core.errors.FormatError`; libFuzzer itself watches time and memory
(``-timeout=5 -rss_limit_mb=1024``). Needs ``atheris``.
"""

from __future__ import annotations

import marshal
import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["assay"]):
    from assay.core.errors import FormatError
    from assay.formats.budget import Budget, Limits
    from assay.formats.program import bytecode, program, script
    from assay.formats.program.marshal import read_value, walk
    from assay.formats.program.signatures import SIGNATURES
    from assay.formats.signature import Head
    from assay.formats.source import Memory
    from assay.formats.view import View
    from assay.scan.rules import rules_for

LIMITS = Limits(seconds=4, members=10_000, held=16 << 20)


def _programs() -> list[bytes]:
    elf = (
        b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 120, 0, 64, 56, 1, 64, 1, 0)
    )
    elf += struct.pack("<IIQQQQQQ", 3, 4, 0, 0, 0, 184, 184, 1) + bytes(64)
    pe = (
        b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x2022)
    )
    pe += b"\x0b\x02" + bytes(238) + b".text\0\0\0" + struct.pack("<IIII", 4, 0, 4, 400) + bytes(16)
    thin = b"\xcf\xfa\xed\xfe" + struct.pack("<7I", 0x01000007, 3, 6, 1, 72, 0, 0) + struct.pack("<II", 0x19, 72)
    thin += bytes(16) + struct.pack("<QQQQ", 0, 0, 0, 104) + bytes(16)
    fat = b"\xca\xfe\xba\xbe" + struct.pack(">IIIIII", 1, 7, 3, 28, len(thin), 0) + thin
    return [
        elf + b"GGUF",
        pe,
        thin,
        fat,
        b"MZqFpD='\n" + bytes(64) + b"GGUF",
        b"\0asm\x01\0\0\0",
        b"\xca\xfe\xba\xbe\0\0\0\x34",
    ]


def _codes() -> list[bytes]:
    code = compile("import os\ndef f(x):\n    return os.system(x)\n", "f.py", "exec")
    values = (1, -(2**80), 1.5, 2j, "é", b"b", [1], {1: 2}, {3}, frozenset({4}), (None, True, ...))
    return [marshal.dumps(code), marshal.dumps(values), marshal.dumps(values, 1)]


def _pyc() -> list[bytes]:
    return [b"\xa7\x0d\r\n" + bytes(12) + code for code in _codes()[:1]]


def _scripts() -> list[bytes]:
    return [b"#!/usr/bin/env -S python3 -u\nprint()\n", b"#!/bin/sh\n", b"@echo off\r\n"]


class _Values(View):
    """What stands in for a view where there is none."""

    kind = "values"


def _marshal(source: Memory, budget: Budget, _name: str) -> View:
    value, end = read_value(source, budget=budget)
    assert 0 < end <= source.size
    assert sum(1 for _ in walk(value)) <= source.size
    return _Values()


TARGETS: dict[str, tuple[Callable[[Memory, Budget, str], View], Callable[[], list[bytes]]]] = {
    "program": (program.read, _programs),
    "marshal": (_marshal, _codes),
    "bytecode": (bytecode.read, _pyc),
    "script": (script.read, _scripts),
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
