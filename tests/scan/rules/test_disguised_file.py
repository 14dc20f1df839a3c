"""A name that says something else than the bytes do."""

from __future__ import annotations

import struct

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.source import Memory
from assay.scan.inspector import Inspector

PICKLE = b"cos\nsystem\n(S'true'\ntR."
GGUF = b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + bytes(8)
_HEADER = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".ljust(117) + b"\n"
NPY = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(_HEADER)) + _HEADER + bytes(8)


def disguises(data: bytes, name: str) -> list[tuple[Severity, str]]:
    """What the rule says of these bytes under this name."""
    inspector = Inspector(name, Budget())
    inspector.inspect(Memory(data), name)
    return [(found.severity, found.message) for found in inspector.findings if found.rule == "disguised-file"]


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (PICKLE, "m.safetensors", (Severity.HIGH, "Safetensors weights (.safetensors)")),
        (PICKLE, "cat.jpg", (Severity.HIGH, "JPEG picture (.jpg)")),
        (GGUF, "m.safetensors", (Severity.LOW, "Safetensors weights (.safetensors)")),
    ],
    ids=["pickle as weights", "pickle as a picture", "weights as other weights"],
)
def test_another_format_than_the_name_says(data: bytes, name: str, expected: tuple[Severity, str]) -> None:
    """What runs is grave where nobody expects it; a mere mix-up is not."""
    ((severity, message),) = disguises(data, name)
    assert severity is expected[0]
    assert message.startswith(f"its name says {expected[1]}, its bytes say ")


@pytest.mark.parametrize(
    ("data", "name"),
    [(PICKLE, "m.pkl"), (GGUF, "m.gguf"), (PICKLE, "m"), (NPY, "m.bin"), (GGUF, "m.unheard-of")],
)
def test_a_name_that_is_right_or_says_nothing(data: bytes, name: str) -> None:
    """Its own ending, none, one that many formats share, and one that nobody publishes under."""
    assert disguises(data, name) == []
