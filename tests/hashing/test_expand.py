"""Patterns: what they name, all of it, or an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assay.core.errors import HashingError, RefusedPath
from assay.hashing.expand import expand

Grow = Callable[[Mapping[str, bytes]], Path]
FILES = ["a.csv", "b.csv", ".c.csv", "d.txt", "[x].csv", "sub/e.csv", "sub/er/f.csv"]


@pytest.fixture
def root(grow: Grow, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tables; the current folder holds it as ``data``."""
    folder = grow(dict.fromkeys(FILES, b""))
    monkeypatch.chdir(folder.parent)
    return folder


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("data", ["data"]),
        ("data/missing", ["data/missing"]),
        ("data/a.csv", ["data/a.csv"]),
        ("data/[x].csv", ["data/[x].csv"]),
        ("data/[ab].csv", ["data/a.csv", "data/b.csv"]),
        ("data/?.csv", ["data/a.csv", "data/b.csv"]),
        ("data/*.csv", ["data/.c.csv", "data/[x].csv", "data/a.csv", "data/b.csv"]),
        ("data/*/*.csv", ["data/sub/e.csv"]),
        ("data/**/e*", ["data/sub/e.csv", "data/sub/er"]),
        ("data/sub/**/*.csv", ["data/sub/e.csv", "data/sub/er/f.csv"]),
        ("data/**", ["data"]),
        ("**/f.csv", ["data/sub/er/f.csv"]),
        ("dat?/sub/er/f.csv", ["data/sub/er/f.csv"]),
    ],
)
def test_a_pattern_names_its_matches(root: Path, pattern: str, names: list[str]) -> None:
    """Sorted, hidden files too, nothing twice; a path that exists names itself whatever characters it has."""
    assert expand(pattern) == tuple(map(Path, names))
    assert expand(str(root.parent / pattern)) == tuple(root.parent / name for name in names)


@pytest.mark.parametrize("pattern", ["data/*.parquet", "nowhere/*", "data/a.csv/*", "data/**/nothing"])
def test_a_pattern_that_matches_nothing_is_an_error(root: Path, pattern: str) -> None:
    """An empty manifest would say that all is well."""
    with pytest.raises(HashingError, match="matches nothing" if "nowhere" not in pattern else "."):
        expand(pattern)


def test_a_linked_folder_on_a_pattern_s_way_is_an_error(root: Path) -> None:
    """Following it leaves the data, passing it over leaves a gap."""
    (root / "sub" / "link").symlink_to("/etc")
    for pattern in ("data/**/*.csv", "data/sub/*/passwd", "data/su?/link/passwd"):
        for one in (pattern, str(root.parent / pattern)):
            with pytest.raises(RefusedPath, match="symbolic link to /etc"):
                expand(one)


def test_a_folder_that_cannot_be_listed_is_an_error(root: Path, forbid: Callable[[Path], None]) -> None:
    """`glob` would pass over it in silence."""
    forbid(root / "sub")
    for pattern in ("data/**/*.csv", "data/*/e.csv"):
        with pytest.raises(HashingError, match="permission denied"):
            expand(pattern)
