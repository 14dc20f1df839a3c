"""What is made to break readers is told as such; what was merely cut short is not."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import pytest

from assay.core.finding import Severity
from assay.scan.scanner import scan
from assay.scan.settings import Settings


def told(folder: Path, name: str, data: bytes) -> tuple[set[tuple[str, Severity]], bool]:
    """Rules that fired with their severities, and whether something could not be told."""
    (folder / name).write_bytes(data)
    findings, unknown, _ = scan([str(folder / name)], Settings(), jobs=1)
    return {(finding.rule, finding.severity) for finding in findings}, bool(unknown)


def _gzips(count: int) -> bytes:
    data = b"x" * 100
    for _ in range(count):
        data = gzip.compress(data, mtime=0)
    return data


def _gguf(kind: int, rest: bytes) -> bytes:
    return (
        b"GGUF"
        + struct.pack("<IQQ", 3, 0, 1)
        + struct.pack("<Q", 1)
        + b"a"
        + struct.pack("<I", kind)
        + rest
        + bytes(64)
    )


DEEP = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
BOMBS = {
    "a header nested too deeply": ("x.safetensors", struct.pack("<Q", len(DEEP)) + DEEP),
    "a header longer than any": ("x.safetensors", struct.pack("<Q", 1 << 60) + b'{"a":{"data_offsets":'),
    "a type that no version has": ("x.gguf", _gguf(99, b"")),
    "arrays in arrays": ("x.gguf", _gguf(9, struct.pack("<IQ", 9, 1) * 8)),
    "json": ("x.json", b"[" * 100_000),
    "gzip in gzip": ("x.gz", _gzips(20)),
    "messages in messages": ("x.msgpack", b"\x81\xa1a" + b"\x91" * 1000 + b"\x01"),
}


@pytest.mark.parametrize("case", BOMBS)
def test_it_fires(tmp_path: Path, case: str) -> None:
    """It could not be told, and there is a finding that says why."""
    found, unknown = told(tmp_path, *BOMBS[case])
    assert ("reader-bomb", Severity.MEDIUM) in found
    assert unknown


WHOLE = json.dumps(
    {f"layer.{n}": {"dtype": "F32", "shape": [1], "data_offsets": [4 * n, 4 * n + 4]} for n in range(99)}
)
CUT = {
    "a header cut short": ("x.safetensors", struct.pack("<Q", len(WHOLE)) + WHOLE[:300].encode()),
    "a table cut short": ("x.gguf", b"GGUF" + struct.pack("<IQQ", 3, 2, 2) + struct.pack("<Q", 30) + b"general"),
    "a stream cut short": ("x.gz", gzip.compress(bytes(range(256)) * 99, mtime=0)[:200]),
}


@pytest.mark.parametrize("case", CUT)
def test_a_broken_copy_is_no_accusation(tmp_path: Path, case: str) -> None:
    """It could not be told, and that is all."""
    found, unknown = told(tmp_path, *CUT[case])
    assert "reader-bomb" not in {rule for rule, _ in found}
    assert unknown
