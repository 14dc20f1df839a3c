"""Trees of files to hash, and changes that the file system is sure to have noticed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from assay.hashing.survey import LARGE


@pytest.fixture
def grow(tmp_path: Path) -> Callable[[Mapping[str, bytes]], Path]:
    """Write files by path below a new folder and give the folder."""

    def write(files: Mapping[str, bytes], name: str = "data") -> Path:
        root = tmp_path / name
        for path, content in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return root

    return write


@pytest.fixture
def mixed(grow: Callable[[Mapping[str, bytes]], Path]) -> Path:
    """A folder with small, empty, hidden and large files, on several levels."""
    return grow(
        {
            "a.csv": b"1,2\n",
            "empty": b"",
            ".hidden/b": b"b",
            "deep/er/c.bin": bytes(range(256)) * 300,
            "deep/large.bin": b"x" * (LARGE + 1),
            "largest.bin": b"y" * (3 * LARGE),
            "ü/é.txt": b"unicode",
        }
    )


@pytest.fixture
def overwrite() -> Callable[[Path, bytes], None]:
    """Overwrite a file's first bytes, keep its size and put its times back; return when its status did change."""

    def write(path: Path, content: bytes) -> None:
        before = path.stat()
        while path.stat().st_ctime_ns == before.st_ctime_ns:
            with path.open("r+b") as file:
                file.write(content)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    return write


@pytest.fixture
def forbid() -> Iterator[Callable[[Path], None]]:
    """Take every right to a file or folder away until the test ends; skips where the user may read all the same."""
    taken: list[Path] = []

    def take(path: Path) -> None:
        path.chmod(0)
        taken.append(path)
        if os.access(path, os.R_OK):
            pytest.skip("this user reads everything")

    yield take
    for path in taken:
        path.chmod(0o700)
