"""Large files are hashed by workers that map them; what kills a worker is an error here, and never a digest."""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import HashingError
from assay.hashing import artifact, mapping, shards
from assay.hashing.artifact import hash_artifact
from assay.hashing.mapping import Mappers

MIB = 1024 * 1024


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are worth it from the first byte on: the tests' files are small."""
    monkeypatch.setattr(mapping, "WORTHWHILE", 0)


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """Two windows and a bit."""
    path = tmp_path / "big.bin"
    path.write_bytes(os.urandom(33 * MIB + 12_345))
    return path


def test_a_mapped_file_has_the_digest_of_its_bytes(big: Path, always: None) -> None:
    """As a whole and in shards that begin at no page's border; every byte is reported once."""
    data, counts = big.read_bytes(), []
    assert hash_artifact(big, name="big.bin", progress=counts.append).digest.value == hashlib.sha256(data).hexdigest()
    assert sum(counts) == len(data)
    for shard in shards.hash_shards(big, 9_999_991):
        assert shard.digest.value == hashlib.sha256(data[shard.start : shard.end]).hexdigest()


@settings(max_examples=30)
@given(start=st.integers(0, 33 * MIB), length=st.integers(0, MIB))
def test_any_range_has_the_digest_of_its_bytes(
    start: int, length: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Wherever it begins and ends."""
    path = tmp_path_factory.getbasetemp() / "ranges.bin"
    if not path.exists():
        path.write_bytes(os.urandom(34 * MIB))
    with Mappers(mapping.WORTHWHILE) as mappers, path.open("rb") as file:
        found = mappers.digest(file.fileno(), start, start + length, "x", lambda _: None)
        file.seek(start)
        assert found is not None
        assert found.value == hashlib.sha256(file.read(length)).hexdigest()


def doom(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    """Every worker gets a signal as soon as it is started."""
    genuine = mapping._Mapper.__init__

    def doomed(self: mapping._Mapper) -> None:
        genuine(self)
        os.kill(self._process.pid, number)

    monkeypatch.setattr(mapping._Mapper, "__init__", doomed)


def test_what_kills_a_worker_does_not_kill_us(big: Path, always: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGBUS, which the kernel sends to who reads a mapped page that is gone: the file changed while it was read."""
    doom(monkeypatch, signal.SIGBUS)
    with pytest.raises(HashingError, match="changed while it was being read: it was cut short"):
        hash_artifact(big, name="big.bin")


def test_a_file_that_is_cut_short_has_no_digest(big: Path, always: None) -> None:
    """Whoever noticed it, and whenever it happened."""

    def cut(_: int) -> None:
        os.truncate(big, MIB)

    with pytest.raises(HashingError, match="changed while it was being read"):
        hash_artifact(big, name="big.bin", progress=cut)


@pytest.mark.parametrize(
    "how", [lambda path: os.truncate(path, path.stat().st_size + 1), lambda path: os.utime(path, ns=(1, 1))]
)
def test_a_file_that_moves_meanwhile_has_no_digest(big: Path, always: None, how: object) -> None:
    """It grew, or its times were set back."""

    def move(_: int) -> None:
        how(big)  # type: ignore[operator]

    with pytest.raises(HashingError, match="changed while it was being read"):
        hash_artifact(big, name="big.bin", progress=move)


def test_a_worker_that_dies_is_replaced_by_reading(big: Path, always: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed for memory, say: the digest is right all the same."""
    doom(monkeypatch, signal.SIGKILL)
    assert hash_artifact(big, name="x").digest.value == hashlib.sha256(big.read_bytes()).hexdigest()


def test_without_an_interpreter_to_start_files_are_read(
    big: Path, always: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Embedded, frozen, or out of processes."""
    monkeypatch.setattr(mapping.sys, "executable", "/nowhere/python")
    assert hash_artifact(big, name="x").digest.value == hashlib.sha256(big.read_bytes()).hexdigest()


def test_an_interrupt_leaves_no_worker(big: Path, always: None) -> None:
    """Ctrl-C in the middle of a file."""

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        artifact.hash_artifact(big, name="x", progress=interrupt)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
