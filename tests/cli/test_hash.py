"""`assay hash`: manifests that sha256sum reads, and a check that tells what differs."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assay.cli import hash as hash_command
from assay.core.errors import Error, HashingError, RefusedPath

EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder ``data`` with three files, in the current folder."""
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.csv", "b c.csv", "sub/c.csv"):
        (folder / name).write_bytes(name.encode())
    monkeypatch.chdir(tmp_path)
    return folder


def invoke(*arguments: str) -> Result:
    """Run it; an error of assay's comes out as itself, for the top group to show."""
    result = CliRunner().invoke(hash_command.command, list(arguments))
    if isinstance(result.exception, Error):
        raise result.exception
    return result


def test_what_is_written_is_checked_by_us_and_by_sha256sum(data: Path) -> None:
    """The promise of the manifest: from the same folder, both read it."""
    result = invoke("data")
    assert result.exit_code == 0
    Path("data.sha256").write_text(result.stdout)
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "data.sha256"], check=True)
    assert [line[66:] for line in result.stdout.splitlines()] == ["data/a.csv", "data/b c.csv", "data/sub/c.csv"]
    checked = invoke("--check", "data.sha256")
    assert (checked.exit_code, checked.stdout.splitlines()[0]) == (0, "same     3 files")


def test_a_folder_s_own_digest_is_on_standard_error(data: Path) -> None:
    """sha256sum of the lines relative to the folder; standard output stays a manifest."""
    relative = CliRunner().invoke(hash_command.command, ["data"]).stdout.replace("  data/", "  ")
    assert invoke("data").stderr == f"dirHash:{hashlib.sha256(relative.encode()).hexdigest()}  data\n"
    assert invoke("data/a.csv").stderr == ""


def test_files_folders_and_patterns_together_name_each_file_once(data: Path) -> None:
    """In one manifest, sorted; `./` and trailing slashes do not make another path."""
    result = invoke("data/**/*.csv", "./data/", "data/a.csv")
    assert result.stdout == invoke("data").stdout
    assert invoke(".").stdout.splitlines()[0].endswith("  ./data/a.csv")


def test_the_same_files_give_the_same_bytes(data: Path) -> None:
    """Text and JSON alike."""
    for form in ("text", "json"):
        assert invoke("data", "--format", form).stdout == invoke("data", "--format", form).stdout


def test_json_has_the_folder_s_digest_and_its_files(data: Path) -> None:
    """As docs/hashing.md says."""
    document = json.loads(invoke("data", "data/a.csv", "--format", "json").stdout)
    folder, file = document["artifacts"]
    assert set(folder) == {"path", "digest", "size", "files"}
    assert folder["digest"].startswith("dirHash:")
    assert folder["size"] == sum(one["size"] for one in folder["files"])
    assert file == {"path": "data/a.csv", "size": 5, "digest": f"sha256:{hashlib.sha256(b'a.csv').hexdigest()}"}
    assert folder["files"][0] == {**file, "path": "a.csv"}


def test_an_output_file_holds_what_would_have_been_printed(data: Path) -> None:
    """And may lie in the folder that it describes, where it does not count as added."""
    expected = invoke("data").stdout
    result = invoke("data", "-o", "data/manifest")
    assert result.stdout == ""
    assert Path("data/manifest").read_text() == expected
    assert invoke("--check", "data/manifest").exit_code == 0
    with pytest.raises(HashingError, match="itself among"):
        invoke("data", "-o", "data/manifest")


def test_each_difference_has_its_word(data: Path) -> None:
    """Exit status 1, in text and in JSON."""
    invoke("data", "-o", "manifest")
    (data / "a.csv").write_bytes(b"A.csv")
    (data / "b c.csv").unlink()
    (data / "new").touch()
    result = invoke("--check", "manifest")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "altered  data/a.csv",
        "missing  data/b c.csv",
        "added    data/new",
        "searched for added files: data",
    ]
    result = invoke("--check", "manifest", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "files": 3,
        "same": False,
        "altered": ["data/a.csv"],
        "missing": ["data/b c.csv"],
        "added": ["data/new"],
        "searched": ["data"],
        "unknown": [],
    }


def test_a_path_narrows_where_added_files_are_looked_for(data: Path) -> None:
    """And nothing else."""
    invoke("data/sub", "-o", "manifest")
    assert invoke("--check", "manifest").exit_code == 1
    assert invoke("--check", "manifest", "data/sub").exit_code == 0
    assert invoke("--check", "manifest", "data/s*").exit_code == 0


def test_what_cannot_be_told_is_neither_clean_nor_altered(data: Path) -> None:
    """Exit status 2, beside what was found."""
    invoke("data", "-o", "manifest")
    (data / "a.csv").write_bytes(b"A.csv")
    (data / "link").symlink_to("a.csv")
    for form in ("text", "json"):
        result = invoke("--check", "manifest", "--format", form)
        assert result.exit_code == 2
        assert "data/a.csv" in result.stdout
        assert "symbolic link to a.csv" in result.stdout


@pytest.mark.parametrize("text", ["", "no manifest\n", f"{EMPTY}  a"])
def test_a_manifest_that_cannot_be_read_is_an_error(data: Path, text: str) -> None:
    """Never an empty success."""
    Path("manifest").write_text(text)
    with pytest.raises(HashingError) as caught:
        invoke("--check", "manifest")
    assert caught.value.where.startswith("manifest")


def test_shards_are_named_as_model_signing_names_them(data: Path) -> None:
    """`path:start:end`, in text and in JSON."""
    lines = invoke("data/a.csv", "--shard-size", "2B").stdout.splitlines()
    assert [line[66:] for line in lines] == ["data/a.csv:0:2", "data/a.csv:2:4", "data/a.csv:4:5"]
    assert lines[2][:64] == hashlib.sha256(b"v").hexdigest()
    document = json.loads(invoke("data/a.csv", "--shard-size", "1KiB", "--format", "json").stdout)
    digest = f"sha256:{hashlib.sha256(b'a.csv').hexdigest()}"
    assert document == {"files": [{"path": "data/a.csv", "shards": [{"start": 0, "end": 5, "digest": digest}]}]}


@pytest.mark.parametrize("size", ["0", "-1", "1.5MiB", "MiB", "9" * 20, "64XB", ""])
def test_a_shard_size_that_is_none_is_a_usage_error(data: Path, size: str) -> None:
    """With an example of how to write one."""
    result = invoke("data/a.csv", f"--shard-size={size}")
    assert result.exit_code == 2
    assert "64MiB" in result.stderr


@pytest.mark.parametrize(
    ("text", "bytes_"), [("7", 7), ("2kB", 2000), ("2K", 2000), ("2KiB", 2048), ("3 MiB", 3 << 20), ("1GiB", 1 << 30)]
)
def test_sizes_are_read_as_people_write_them(data: Path, text: str, bytes_: int) -> None:
    """Powers of ten without the i, of two with it."""
    with (data / "large").open("wb") as file:
        file.truncate(7 if bytes_ == 7 else min(bytes_ + 1, 3 << 20))
    first = invoke("data/large", "--shard-size", text).stdout.splitlines()[0]
    assert first.endswith(f":0:{min(bytes_, (data / 'large').stat().st_size)}")


@pytest.mark.parametrize(
    "arguments",
    [[], ["--check", "m", "-o", "x"], ["--check", "m", "--shard-size", "1MiB"], ["data", "--format", "xml"]],
)
def test_options_that_do_not_go_together_are_usage_errors(data: Path, arguments: list[str]) -> None:
    """Exit status 2, before anything is read."""
    assert invoke(*arguments).exit_code == 2


@pytest.mark.parametrize("arguments", [["missing"], ["*.parquet"], ["data/link"], ["data"], ["data/a.csv/../a.csv"]])
def test_what_cannot_be_hashed_is_an_error(data: Path, arguments: list[str]) -> None:
    """Nothing is printed in its place."""
    (data / "link").symlink_to("a.csv")
    with pytest.raises((HashingError, RefusedPath)):
        invoke(*arguments)


def test_there_is_a_progress_bar_for_a_terminal_only(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And only for enough bytes to be worth one."""
    with hash_command.progress_over([data]) as progress:
        assert progress is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with hash_command.progress_over([data]) as progress:
        assert progress is None
    with (data / "hole").open("wb") as file:
        file.truncate(300 << 20)
    with hash_command.progress_over([data, Path("missing")]) as progress:
        assert progress is not None
        progress(1)
