"""Writing in one step: all of it, or what was there before."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from assay.core.errors import HashingError
from assay.hashing.writing import refuse_inside, write_atomically


def test_a_file_is_written_or_replaced(tmp_path: Path) -> None:
    """And nothing else is left beside it; a link is replaced, not followed."""
    file = tmp_path / "file"
    write_atomically(file, b"1")
    write_atomically(file, b"2")
    (tmp_path / "link").symlink_to("file")
    write_atomically(tmp_path / "link", b"3")
    assert (file.read_bytes(), (tmp_path / "link").read_bytes()) == (b"2", b"3")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_a_device_or_a_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    """``--output /dev/null`` run as root must not put a file in the place of the device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, b"1")
        assert os.read(reader, 10) == b"1"
    finally:
        os.close(reader)
    (tmp_path / "link").symlink_to("/dev/null")
    write_atomically(tmp_path / "link", b"2")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert stat.S_ISCHR((tmp_path / "link").stat().st_mode)


def test_what_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    """A folder in its place, no folder to hold it, a name that no file can have."""
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "missing" / "file", tmp_path / "nul\0", tmp_path / ("x" * 300)):
        with pytest.raises(HashingError, match="cannot be written"):
            write_atomically(path, b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_an_output_among_what_is_hashed_is_refused(mixed: Path) -> None:
    """It would describe its own old content; one that does not exist yet is not hashed."""
    for path in (mixed / "a.csv", mixed / "deep" / "large.bin"):
        with pytest.raises(HashingError, match="itself among"):
            refuse_inside(path, [mixed])
    refuse_inside(mixed / "new", [mixed])
    refuse_inside(mixed / "a.csv", [mixed / "deep"])
