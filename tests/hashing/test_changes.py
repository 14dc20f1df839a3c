"""Whatever changes while it is being read ends the reading with an error: such bytes are of no one moment."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assay.core.errors import HashingError
from assay.hashing.artifact import hash_artifact
from assay.hashing.opening import Target, open_file, open_folder
from assay.hashing.reading import new_buffer, read_through
from assay.hashing.shards import hash_shards
from assay.hashing.survey import LARGE, confirm, digest_large, survey
from assay.hashing.visit import visit
from assay.hashing.walk import Limits, Walk

CHANGED = "changed while it was being read"


def _append(path: Path, overwrite: Callable[[Path, bytes], None]) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _truncate(path: Path, overwrite: Callable[[Path, bytes], None]) -> None:
    os.truncate(path, LARGE + 5)


def _overwrite(path: Path, overwrite: Callable[[Path, bytes], None]) -> None:
    overwrite(path, b"z")


@pytest.mark.parametrize("change", [_append, _truncate, _overwrite])
@pytest.mark.parametrize("way", ["hash", "folder", "shards"])
def test_a_file_that_changes_while_it_is_read(
    mixed: Path, change: Callable[..., None], way: str, overwrite: Callable[[Path, bytes], None]
) -> None:
    """It grows, shrinks, or is overwritten with its modification time put back: each is noticed."""
    file, done = mixed / "largest.bin", False

    def once(count: int) -> None:
        nonlocal done
        if not done and count > 100_000:
            done = True
            change(file, overwrite)

    with pytest.raises(HashingError, match=CHANGED):
        if way == "shards":
            hash_shards(file, 100_001, progress=once)
        else:
            hash_artifact(file if way == "hash" else mixed, name="d", progress=once)
    assert done


@pytest.mark.parametrize("change", [_append, _overwrite])
def test_a_small_file_that_changes_while_it_is_read(
    mixed: Path, change: Callable[..., None], overwrite: Callable[[Path, bytes], None]
) -> None:
    """The one read of a small file is watched like the many of a large one."""
    file = mixed / "a.csv"
    with pytest.raises(HashingError, match=CHANGED):
        hash_artifact(file, name="d", progress=lambda _: change(file, overwrite))


def test_a_small_file_that_shrinks_before_its_first_byte_is_read(mixed: Path) -> None:
    """Fewer bytes than its size when it was opened."""
    file = mixed / "a.csv"
    with file.open("rb") as opened:
        before = os.fstat(opened.fileno())
        os.truncate(file, 1)
        with pytest.raises(HashingError, match="1 bytes were read of a size of 4"):
            read_through(opened.fileno(), before, new_buffer(), bytes, "a.csv", None)


def _add(root: Path) -> None:
    (root / "deep" / "new").write_bytes(b"")


def _remove(root: Path) -> None:
    (root / "deep" / "er" / "c.bin").unlink()


def _replace(root: Path) -> None:
    (root / "other").write_bytes((root / "a.csv").read_bytes())
    (root / "other").rename(root / "a.csv")


def _swap_folder(root: Path) -> None:
    (root / ".hidden").rename(root.parent / "away")
    (root / ".hidden").mkdir()
    (root / ".hidden" / "b").write_bytes(b"b")


def _swap_folder_for_link(root: Path) -> None:
    (root / "deep").rename(root.parent / "away")
    (root / "deep").symlink_to(root.parent / "away")


@pytest.mark.parametrize("change", [_add, _remove, _replace, _swap_folder, _swap_folder_for_link])
def test_a_folder_whose_files_change_while_it_is_hashed(mixed: Path, change: Callable[[Path], None]) -> None:
    """Added, removed, replaced by equal bytes, a folder swapped for another or for a link: all when half was hashed."""
    done = False

    def once(count: int) -> None:
        nonlocal done
        if not done and count > 100_000:  # a large file: every small one is hashed by then
            done = True
            change(mixed)

    with pytest.raises(HashingError, match=f"{CHANGED}|symbolic link|cannot be read"):
        hash_artifact(mixed, name="d", progress=once)
    assert done


@pytest.mark.parametrize("change", [_add, _replace, _swap_folder])
def test_a_folder_whose_files_change_while_it_is_visited(mixed: Path, change: Callable[[Path], None]) -> None:
    """Reading and copying go by the visit, which confirms at its end."""
    files = visit(Target(mixed), Limits())
    for _ in range(6):
        next(files)
    change(mixed)
    with pytest.raises(HashingError, match=CHANGED):
        list(files)


def test_a_large_file_that_is_swapped_between_listing_and_hashing(mixed: Path) -> None:
    """The state that was listed is the state that is hashed."""
    found = survey(Target(mixed), new_buffer(), Limits(), None)
    file = next(file for file in found.large if file.path == "largest.bin")
    (mixed / "other").write_bytes(b"q" * file.size)
    (mixed / "other").rename(mixed / "largest.bin")
    with pytest.raises(HashingError, match="another state of it was listed"):
        digest_large(file, new_buffer(), lambda _: None)
    with pytest.raises(HashingError, match=CHANGED):
        confirm(found)


def test_what_took_a_listed_file_s_place_is_not_opened(mixed: Path) -> None:
    """Between listing and opening, a link, a pipe, a folder or nothing can take the place of a file or folder."""
    os.mkfifo(mixed / "pipe")
    (mixed / "link").symlink_to("a.csv")
    (mixed / "away").symlink_to("deep")
    folder = os.open(mixed, os.O_RDONLY)
    try:
        for name, said in [("pipe", "pipe"), ("link", "link to a.csv"), ("away", "link to deep"), ("gone", CHANGED)]:
            with pytest.raises(HashingError, match=said):
                open_file(name, folder, name)
            with pytest.raises(HashingError, match=said):
                open_folder(name, folder, name)
        with pytest.raises(HashingError):
            open_file("deep", folder, "deep")
    finally:
        os.close(folder)


def test_listing_and_status_of_a_folder_are_each_confirmed(mixed: Path) -> None:
    """Where times are coarse the listing shows a change, and where a change was undone the times do."""
    root = os.open(mixed, os.O_RDONLY)
    try:
        walk = Walk(root, "d")
        assert sum(len(listed.names) for listed in walk.listed()) == 7
        walk.confirm()
        first, *others = walk.folders
        for changed in (replace(first, listing={}), replace(first, status=(0, 0, 0, 0))):
            with pytest.raises(HashingError, match=CHANGED):
                Walk(root, "d", folders=[changed, *others]).confirm()
    finally:
        os.close(root)
