"""A link among a model's weights, on disk, as a loader would follow it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.scan.scanner import scan
from assay.scan.settings import Settings


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return bytes((number << 3, value))
    return bytes((number << 3 | 2, len(value))) + value


#: A graph with one tensor whose numbers lie in ``w.bin``.
LOCATION = _field(1, b"location") + _field(2, b"w.bin")
TENSOR = _field(1, 4) + _field(2, 1) + _field(8, b"w") + _field(13, LOCATION) + _field(14, 1)
MODEL = _field(1, 8) + _field(7, _field(2, b"g") + _field(5, TENSOR)) + _field(8, _field(1, b"") + _field(2, 13))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder with the model; its weights are put there by each test."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "m.onnx").write_bytes(MODEL)
    (tmp_path / "secret").write_bytes(b"\x07" * 16)
    return tmp_path


def _rules(folder: Path) -> list[str]:
    findings, _, _ = scan([str(folder)], Settings())
    return [found.rule for found in findings if found.rule == "linked-weights"]


def test_weights_that_are_a_link_elsewhere_are_found(repository: Path) -> None:
    """CVE-2026-34447: the name is harmless, the link is not."""
    (repository / "model" / "w.bin").symlink_to("../secret")
    assert _rules(repository / "model") == ["linked-weights"]


def test_weights_that_lie_there_are_not(repository: Path) -> None:
    """A plain file, or a link within the folder."""
    (repository / "model" / "real.bin").write_bytes(b"\x07" * 16)
    (repository / "model" / "w.bin").symlink_to("real.bin")
    assert _rules(repository / "model") == []


def test_a_cache_of_links_is_no_finding(repository: Path) -> None:
    """In Hugging Face's cache the model itself is a link into the folder its weights are in."""
    snapshot = repository / "snapshot"
    snapshot.mkdir()
    (repository / "model" / "w.bin").write_bytes(b"\x07" * 16)
    for name in ("m.onnx", "w.bin"):
        (snapshot / name).symlink_to(f"../model/{name}")
    assert _rules(snapshot) == []


def test_weights_that_are_something_else_are_judged_as_that(repository: Path) -> None:
    """Another file's word that these are numbers does not make a pickle harmless."""
    (repository / "model" / "w.bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    findings, _, _ = scan([str(repository / "model")], Settings())
    assert "pickle-runs-command" in [found.rule for found in findings]
