"""A program in disguise is named; one that says what it is, as environments are full of, is not shouted about."""

from __future__ import annotations

import marshal
import struct

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.plain import picture
from assay.formats.program import bytecode, program, script
from assay.formats.source import Memory
from assay.formats.view import View
from assay.scan.rules import rules_for

LIBRARY = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, 0, 0, 64, 56, 0, 64, 0, 0)
EXECUTABLE = LIBRARY.replace(b"\x03\0\x3e\0", b"\x02\0\x3e\0")
CLASS = b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(20)
PORTABLE = b"MZqFpD='\n" + bytes(99) + b"GGUF"
PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."


def compiled(text: str) -> bytes:
    return b"\xa7\x0d\r\n" + bytes(12) + marshal.dumps(compile(text, "m.py", "exec"))


def found(view: View) -> dict[str, Severity]:
    return {
        rule.id: rule.severity if hit.severity is None else hit.severity
        for rule in rules_for(view.kind)
        for hit in rule.check(view)
    }


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("pytorch_model.bin", LIBRARY, {"program-in-disguise": Severity.HIGH}),
        ("model.safetensors", EXECUTABLE, {"program-in-disguise": Severity.HIGH}),
        ("labels.txt", EXECUTABLE, {"program-in-disguise": Severity.HIGH}),
        ("cat.png", CLASS, {"program-in-disguise": Severity.HIGH}),
        ("weights", LIBRARY, {"program-in-disguise": Severity.HIGH}),
        ("ruff", EXECUTABLE, {"program-in-disguise": Severity.LOW}),
        ("python3.11", EXECUTABLE, {"program-in-disguise": Severity.LOW}),
        ("op.unheard", LIBRARY, {"program-in-disguise": Severity.MEDIUM}),
        ("Boolean.unheard", CLASS, {"program-in-disguise": Severity.LOW}),
        ("_core.cpython-311-x86_64-linux-gnu.so", LIBRARY, {"program-native-code": Severity.LOW}),
        ("libgomp.so.1.0.0", LIBRARY, {"program-native-code": Severity.LOW}),
        ("Main.class", CLASS, {"program-native-code": Severity.INFO}),
        ("model.llamafile", PORTABLE, {"program-llamafile": Severity.MEDIUM}),
        ("model.gguf", PORTABLE, {"program-llamafile": Severity.HIGH, "program-in-disguise": Severity.HIGH}),
    ],
)
def test_a_program_is_judged_by_what_its_name_says(name: str, data: bytes, expected: dict[str, Severity]) -> None:
    """High when the name belongs to something else, low when it says so itself."""
    assert found(program.read(Memory(data), Budget(), name)) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("model.bin", "x = 1", Severity.HIGH),
        ("handler.pyc", "import os\nos.system('id')", Severity.MEDIUM),
        ("handler.pyc", "x = 1", Severity.LOW),
        ("os.cpython-311.pyc", "import os\nos.system('id')", Severity.INFO),
        ("math.cpython-311.opt-1.pyc", "x = 1", None),
    ],
)
def test_compiled_python_is_judged_by_its_name_and_what_it_uses(
    name: str, text: str, expected: Severity | None
) -> None:
    """What Python caches beside its sources is ordinary."""
    wanted = {} if expected is None else {"program-python-bytecode": expected}
    assert found(bytecode.read(Memory(compiled(text)), Budget(), name)) == wanted


@pytest.mark.parametrize(
    ("flags", "text", "expected"),
    [
        (1, "import os\nos.system('id')", Severity.HIGH),
        (1, "eval('1')", Severity.MEDIUM),
        (1, "x = 1", None),
        (3, "import os\nos.system('id')", Severity.INFO),
    ],
)
def test_a_cache_that_nobody_checks_is_no_cache(flags: int, text: str, expected: Severity | None) -> None:
    """PEP 552: with flags 1 Python never looks at the source, which may be honest."""
    data = compiled(text)
    data = data[:4] + bytes([flags, 0, 0, 0]) + data[8:]
    wanted = {} if expected is None else {"program-python-bytecode": expected}
    assert found(bytecode.read(Memory(data), Budget(), "modeling.cpython-311.pyc")) == wanted


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model.bin", Severity.HIGH), ("cat.jpg", Severity.HIGH), ("hook.sample", Severity.LOW), ("run.sh", None),
        ("activate", None), ("pip3.11", None), ("train.py", None), ("notes.txt", None), ("config.json", Severity.LOW),
    ],
)  # fmt: skip
def test_a_script_is_judged_by_its_name(name: str, expected: Severity | None) -> None:
    """High under the ending of weights or pictures."""
    wanted = {} if expected is None else {"program-script": expected}
    assert found(script.read(Memory(b"#!/bin/sh\nid\n"), Budget(), name)) == wanted


def test_what_is_appended_to_a_picture_is_named() -> None:
    """A pickle, not a few bytes of a camera's notes."""
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0) + b"IEND" + bytes(4)
    appended = {"plain-appended-data": Severity.MEDIUM}
    assert found(picture.read(Memory(png + PICKLE), Budget(), "cat.png")) == appended
    assert found(picture.read(Memory(png + b"\1\2\3\4 camera"), Budget(), "cat.png")) == {}
