"""Reading into memory and copying hash the very bytes that they hand on."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import HashingError, RefusedPath
from assay.hashing.artifact import copy_artifact, hash_artifact, read_artifact

Grow = Callable[[Mapping[str, bytes]], Path]
FILES = st.dictionaries(
    st.lists(st.sampled_from(["a", "b", "ü", "-c d"]), min_size=1, max_size=3).map(
        lambda parts: "/".join([f"{part}_" for part in parts[:-1]] + parts[-1:])
    ),
    st.binary(max_size=400),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(files=FILES)
def test_reading_and_copying_agree_with_hashing(files: dict[str, bytes]) -> None:
    """Law: three ways to the same artifact, and the bytes are the files'."""
    with tempfile.TemporaryDirectory() as name:
        root, copy = Path(name) / "data", Path(name) / "copy"
        for path, content in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        hashed = hash_artifact(root, name="d")
        assert read_artifact(root, name="d") == (hashed, files)
        assert copy_artifact(root, copy, name="d") == hashed
        assert hash_artifact(copy, name="d") == hashed


def test_a_large_folder_and_its_files_are_read_and_copied_alike(mixed: Path, tmp_path: Path) -> None:
    """Files of several buffers too; a single file's bytes go by its name."""
    hashed = hash_artifact(mixed, name="d")
    assert read_artifact(mixed, name="d")[0] == copy_artifact(mixed, tmp_path / "copy", name="d") == hashed
    artifact, contents = read_artifact(mixed / "largest.bin", name="x/y")
    assert (artifact.path, list(contents)) == ("x/y", ["largest.bin"])
    assert artifact.digest.value == hashlib.sha256(contents["largest.bin"]).hexdigest()
    assert copy_artifact(mixed / "largest.bin", tmp_path / "file", name="x/y") == artifact
    assert (tmp_path / "file").read_bytes() == contents["largest.bin"]


def test_a_copy_is_open_to_its_owner_only(mixed: Path, tmp_path: Path) -> None:
    """Files 0600, folders 0700, whatever the original's modes; empty folders stay behind."""
    (mixed / "a.csv").chmod(0o777)
    (mixed / "nothing").mkdir()
    copy_artifact(mixed, tmp_path / "copy", name="d")
    copies = [tmp_path / "copy", *(tmp_path / "copy").rglob("*")]
    assert {path.stat().st_mode & 0o7777 for path in copies if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o7777 for path in copies if path.is_dir()} == {0o700}
    assert not (tmp_path / "copy" / "nothing").exists()


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_a_copy_replaces_nothing(mixed: Path, tmp_path: Path, kind: str) -> None:
    """What lies at the destination stays as it was."""
    there = tmp_path / "there"
    {"file": there.touch, "folder": there.mkdir, "link": lambda: there.symlink_to("nowhere")}[kind]()
    for source in (mixed, mixed / "a.csv"):
        with pytest.raises(HashingError, match="something lies there already"):
            copy_artifact(source, there, name="d")
    assert there.is_symlink() if kind == "link" else there.exists()
    assert not (tmp_path / "nowhere").exists()


def test_a_copy_inside_its_source_is_refused(mixed: Path) -> None:
    """It would copy itself; a link to the source does not hide that."""
    (mixed.parent / "link").symlink_to(mixed)
    for destination in (mixed / "copy", mixed, mixed.parent / "link" / "copy"):
        with pytest.raises(HashingError, match="cannot lie inside"):
            copy_artifact(mixed, destination, name="d")


def test_a_copy_that_fails_leaves_nothing(mixed: Path, tmp_path: Path) -> None:
    """Refused half-way, or not writable at all."""
    (mixed / "z").symlink_to("a.csv")
    with pytest.raises(RefusedPath):
        copy_artifact(mixed, tmp_path / "copy", name="d")
    (mixed / "z").unlink()
    (mixed / "deep" / "er" / "z\n").touch()
    with pytest.raises(RefusedPath):
        copy_artifact(mixed, tmp_path / "copy", name="d")
    with pytest.raises(HashingError, match="cannot be written: no such file"):
        copy_artifact(mixed / "a.csv", tmp_path / "missing" / "copy", name="d")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_copy_onto_a_full_disk_is_an_error_of_ours(mixed: Path, tmp_path: Path) -> None:
    """`/dev/full` is what a full disk looks like; a copy must not write to what is already there either."""
    with pytest.raises(HashingError, match="something lies there already"):
        copy_artifact(mixed / "a.csv", Path("/dev/full"), name="d")


@pytest.mark.parametrize("room", [0, 3])
def test_reading_is_bounded(grow: Grow, room: int) -> None:
    """More than the caller allows is an error before it is memory."""
    root = grow({"a": b"12", "b": b"34"})
    with pytest.raises(HashingError, match=f"more than {room} bytes"):
        read_artifact(root, name="d", max_bytes=room)
    assert read_artifact(root, name="d", max_bytes=4)[1] == {"a": b"12", "b": b"34"}
