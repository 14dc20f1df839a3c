"""Checking a manifest: altered, missing and added told apart, and what cannot be told kept beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assay.core.digest import Digest
from assay.core.errors import HashingError
from assay.core.manifest import Comparison
from assay.hashing.artifact import hash_artifact
from assay.hashing.check import check_manifest

SAME = Comparison((), (), ())


@pytest.fixture
def named(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Digest]:
    """The manifest of ``data``, which lies in the current folder."""
    monkeypatch.chdir(mixed.parent)
    return dict(hash_artifact(mixed, name="data").files())


def test_the_same_files_are_the_same(named: dict[str, Digest]) -> None:
    """Nothing found, nothing unknown, and it says where it looked."""
    counts: list[int] = []
    checked = check_manifest(named, progress=counts.append)
    assert (checked.comparison, checked.problems, checked.folders) == (SAME, (), ("data",))
    assert sum(counts) == sum(Path(path).stat().st_size for path in named)


def test_altered_missing_and_added_are_told_apart(named: dict[str, Digest]) -> None:
    """Small and large files, hidden and nested ones, a folder in a file's place."""
    Path("data/a.csv").write_bytes(b"1,3\n")
    with Path("data/largest.bin").open("r+b") as file:
        file.write(b"z")
    Path("data/deep/er/c.bin").unlink()
    Path("data/deep/er").rmdir()
    Path("data/empty").unlink()
    Path("data/empty").mkdir()
    Path("data/empty/inner").touch()
    Path("data/.hidden/.git").mkdir()
    Path("data/.hidden/.git/hook").touch()
    checked = check_manifest(named)
    assert checked.problems == ()
    assert checked.comparison == Comparison(
        added=("data/.hidden/.git/hook", "data/empty/inner"),
        missing=("data/deep/er/c.bin",),
        altered=("data/a.csv", "data/empty", "data/largest.bin"),
    )


def test_what_cannot_be_told_hides_nothing(named: dict[str, Digest]) -> None:
    """A link put among the files is a problem, and the altered file beside it is still found."""
    Path("data/a.csv").write_bytes(b"1,3\n")
    Path("data/deep/large.bin").unlink()
    Path("data/deep/large.bin").symlink_to("/etc/passwd")
    checked = check_manifest(named)
    assert checked.comparison.altered == ("data/a.csv",)
    assert {problem.where for problem in checked.problems} == {"data/deep/large.bin"}
    assert "/etc/passwd" in str(checked.problems[0])


def test_a_folder_that_cannot_be_read_is_not_missing(named: dict[str, Digest], forbid: Callable[[Path], None]) -> None:
    """Its files may be there and altered: nothing is said about them but that."""
    forbid(Path("data/deep").resolve())
    checked = check_manifest(named)
    assert checked.comparison == SAME
    assert checked.problems


def test_a_whole_folder_gone_is_all_its_files_missing(named: dict[str, Digest]) -> None:
    """Each by its name."""
    Path("data").rename("elsewhere")
    checked = check_manifest(named)
    assert checked.comparison == Comparison((), tuple(sorted(named)), ())
    assert checked.problems == ()


def test_paths_say_where_to_look_for_added_files(named: dict[str, Digest]) -> None:
    """Every line is checked all the same."""
    Path("data/new").touch()
    Path("data/deep/new").touch()
    assert check_manifest(named).comparison.added == ("data/deep/new", "data/new")
    narrow = check_manifest(named, paths=[Path("data/deep")])
    assert (narrow.comparison.added, narrow.folders) == (("data/deep/new",), ("data/deep",))
    single = check_manifest(named, paths=[Path("data/new"), Path("data/a.csv")])
    assert single.comparison.added == ("data/new",)
    assert check_manifest(named, paths=[Path("nowhere")]).comparison == SAME


def test_a_manifest_of_the_current_folder_does_not_count_itself(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies among the files that it names."""
    monkeypatch.chdir(mixed)
    named = dict(hash_artifact(Path(), name=".").files())
    assert "./a.csv" in named
    Path("manifest").touch()
    assert check_manifest(named, manifest=Path("manifest")).comparison == SAME
    assert check_manifest(named).comparison.added == ("./manifest",)


def test_names_without_a_folder_are_checked_and_no_folder_searched(
    named: dict[str, Digest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it says so."""
    monkeypatch.chdir("data")
    checked = check_manifest({"a.csv": named["data/a.csv"]})
    assert (checked.comparison, checked.folders) == (SAME, ())


def test_paths_above_and_absolute_paths(named: dict[str, Digest], monkeypatch: pytest.MonkeyPatch) -> None:
    """Above: the first folder below the dots. Absolute: the caller has to say, or the whole disk would be searched."""
    monkeypatch.chdir("data/deep")
    above = {f"../../{path}": digest for path, digest in named.items()}
    assert check_manifest(above).folders == ("../../data",)
    absolute = {str(Path(path).resolve()): digest for path, digest in above.items()}
    with pytest.raises(HashingError, match="absolute"):
        check_manifest(absolute)
    folder = Path("../../data").resolve()
    (folder / "new").touch()
    checked = check_manifest(absolute, paths=[folder])
    assert checked.comparison == Comparison((str(folder / "new"),), (), ())
