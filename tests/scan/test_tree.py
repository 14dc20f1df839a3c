"""Every file under a path is found, and what is none is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assay.core.errors import HashingError
from assay.core.finding import Unknown
from assay.scan.tree import Found, files_under


def _paths(root: Path) -> tuple[list[str], dict[str, str]]:
    items = list(files_under(root))
    found = [os.path.relpath(item.path, root) for item in items if isinstance(item, Found)]
    missed = {os.path.relpath(item.path, root): item.reason for item in items if isinstance(item, Unknown)}
    return found, missed


def test_every_file_is_found_in_order_of_its_name(tmp_path: Path) -> None:
    """Hidden files and folders are no exception."""
    for name in ("b.pkl", "a/z.pt", ".hidden/x", "a/b/c", ".dot"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert _paths(tmp_path) == ([".dot", "b.pkl", ".hidden/x", "a/z.pt", "a/b/c"], {})


def test_a_link_to_a_file_is_followed_under_its_own_name(tmp_path: Path) -> None:
    """As in Hugging Face's cache, where every file of a snapshot is a link to a blob."""
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "abc").write_bytes(b"x")
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "model.pt").symlink_to("../blobs/abc")
    assert _paths(tmp_path / "snapshot") == (["model.pt"], {})


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    """A pipe, a link to nothing and a link to a folder elsewhere: none is skipped, none is waited for."""
    (tmp_path / "other").mkdir()
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    os.mkfifo(root / "pipe")
    (root / "gone").symlink_to("nowhere")
    (root / "away").symlink_to("../other")
    (root / "within").symlink_to("inner")
    (root / "itself").symlink_to(".")
    found, missed = _paths(root)
    assert found == []
    assert missed == {
        "away": "it is a link to a folder elsewhere; scan that folder by its own name",
        "gone": "it is a link to nothing",
        "pipe": "it is a named pipe",
    }


def test_a_folder_whose_name_only_begins_alike_is_elsewhere(tmp_path: Path) -> None:
    """``models-old`` lies beside ``models``, not in it."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models-old").mkdir()
    (tmp_path / "models" / "link").symlink_to("../models-old")
    assert list(_paths(tmp_path / "models")[1]) == ["link"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_entered_is_told(tmp_path: Path) -> None:
    """Its files cannot be accounted for, so it is one that could not be told."""
    (tmp_path / "closed").mkdir(mode=0)
    try:
        assert _paths(tmp_path) == ([], {"closed": "it cannot be read: permission denied"})
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_nothing_there_is_an_error(tmp_path: Path) -> None:
    """A path that does not exist is never an empty folder."""
    with pytest.raises(HashingError, match="nothing here"):
        list(files_under(tmp_path / "no"))


def test_a_null_byte_in_a_path_is_an_error() -> None:
    """The system cannot name such a file."""
    with pytest.raises(HashingError, match="null byte"):
        list(files_under(Path("a\0b")))
