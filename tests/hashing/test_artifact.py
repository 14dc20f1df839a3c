"""Hashing files and folders: the digest is that of the bytes, whatever the size, the place and the schedule."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import HashingError
from assay.hashing.artifact import hash_artifact, hash_artifacts
from assay.hashing.reading import CHUNK
from assay.hashing.survey import LARGE
from assay.hashing.walk import Limits


@pytest.mark.parametrize("size", [0, 1, LARGE - 1, LARGE, LARGE + 1, CHUNK, 2 * CHUNK, 2 * CHUNK + 1])
def test_a_file_has_the_digest_of_its_bytes(tmp_path: Path, size: int) -> None:
    """Around every edge of buffer and schedule."""
    file = tmp_path / "file"
    file.write_bytes(os.urandom(size))
    artifact = hash_artifact(file, name="data/file")
    assert (artifact.path, artifact.size, artifact.manifest) == ("data/file", size, None)
    assert artifact.digest.value == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_folder_has_the_digest_that_sha256sum_would_give_it(mixed: Path) -> None:
    """The dirHash is the SHA-256 of `sha256sum`'s sorted lines: hidden, nested and large files are all in it."""
    command = "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    expected = subprocess.run(["sh", "-c", command], cwd=mixed, capture_output=True, check=True).stdout[:64].decode()
    artifact = hash_artifact(mixed, name="data")
    assert str(artifact.digest) == f"dirHash:{expected}"
    assert artifact.size == sum(path.stat().st_size for path in mixed.rglob("*") if path.is_file())


def test_many_artifacts_come_back_in_the_order_they_were_given(mixed: Path) -> None:
    """One schedule for all, largest first, and still each digest at its own name."""
    items = [(path.name, path) for path in sorted(mixed.rglob("*")) if path.is_file()] + [("all", mixed)]
    together = hash_artifacts(items)
    assert together == tuple(hash_artifact(path, name=name) for name, path in items)
    assert [artifact.path for artifact in together] == [name for name, _ in items]


def test_nothing_to_hash_gives_nothing() -> None:
    """No items, no artifacts."""
    assert hash_artifacts([]) == ()


def test_progress_counts_every_byte_once(mixed: Path) -> None:
    """The counts add up to the size, small and large files alike."""
    counts: list[int] = []
    artifact = hash_artifact(mixed, name="data", progress=counts.append)
    assert sum(counts) == artifact.size
    assert all(count > 0 for count in counts)


def test_a_failing_progress_stops_the_hashing(mixed: Path) -> None:
    """A caller's own error (an interrupt, say) comes out as itself."""

    def fail(count: int) -> None:
        if count == CHUNK:
            raise KeyError("mine")

    with pytest.raises(KeyError):
        hash_artifact(mixed, name="data", progress=fail)


def test_no_descriptor_stays_open(mixed: Path) -> None:
    """Success and failure both close what they opened."""
    before = sorted(Path("/proc/self/fd").iterdir())
    hash_artifact(mixed, name="data")
    (mixed / "deep" / "er" / "link").symlink_to("c.bin")
    with pytest.raises(HashingError):
        hash_artifact(mixed, name="data")
    assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_hard_links_are_files_like_any_other(mixed: Path) -> None:
    """Content is what counts, not how many names it has."""
    os.link(mixed / "a.csv", mixed / "again.csv")
    digests = dict(hash_artifact(mixed, name="d").files())
    assert digests["d/a.csv"] == digests["d/again.csv"]


def test_empty_folders_modes_and_times_are_no_part_of_the_digest(mixed: Path) -> None:
    """A dirHash commits to paths and bytes only."""
    before = hash_artifact(mixed, name="d").digest
    (mixed / "nothing" / "here").mkdir(parents=True)
    (mixed / "a.csv").chmod(0o755)
    os.utime(mixed / "a.csv", (0, 0))
    assert hash_artifact(mixed, name="d").digest == before


def test_renaming_a_file_changes_the_folder(mixed: Path) -> None:
    """The digest commits to names too (model-signing 1.1.1's root digest does not)."""
    before = hash_artifact(mixed, name="d").digest
    (mixed / "a.csv").rename(mixed / "b.csv")
    assert hash_artifact(mixed, name="d").digest != before


def test_no_cache_stands_between_the_digest_and_the_bytes(
    mixed: Path, overwrite: Callable[[Path, bytes], None]
) -> None:
    """An edit that keeps size, inode and modification time is seen (DVC 3.67.1's state database misses it)."""
    before = hash_artifact(mixed, name="d").digest
    overwrite(mixed / "a.csv", b"9")
    assert hash_artifact(mixed, name="d").digest != before


def test_limits_hold(grow: Callable[[Mapping[str, bytes]], Path]) -> None:
    """Too many files or too deep a nest is an error before it is a load."""
    root = grow({"a/b/c/d": b"", "e": b""})
    assert hash_artifact(root, name="d", limits=Limits(files=5, depth=3)).size == 0
    with pytest.raises(HashingError, match="more than 4 files"):
        hash_artifact(root, name="d", limits=Limits(files=4))
    with pytest.raises(HashingError, match="deeper than 2"):
        hash_artifact(root, name="d", limits=Limits(depth=2))


@settings(max_examples=40, deadline=None)
@given(content=st.binary(min_size=1, max_size=3000), data=st.data())
def test_any_single_byte_change_changes_the_digest(content: bytes, data: st.DataObject) -> None:
    """Law: one byte of one file, and both the file's and the folder's digest differ."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "file"
        file.write_bytes(content)
        before = hash_artifact(file, name="f").digest, hash_artifact(file.parent, name="d").digest
        place = data.draw(st.integers(0, len(content) - 1))
        changed = bytearray(content)
        changed[place] ^= data.draw(st.integers(1, 255))
        file.write_bytes(changed)
        assert before[0] != hash_artifact(file, name="f").digest
        assert before[1] != hash_artifact(file.parent, name="d").digest
