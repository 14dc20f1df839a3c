"""What must not stand in an artifact is refused by name, by every way of reading one."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assay.core.errors import HashingError, RefusedPath
from assay.hashing.artifact import copy_artifact, hash_artifact, read_artifact

Grow = Callable[[Mapping[str, bytes]], Path]
Read = Callable[[Path], object]


@pytest.fixture(params=["hash", "read", "copy"])
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Read:
    """Each way of reading an artifact."""
    ways: dict[str, Read] = {
        "hash": lambda path: hash_artifact(path, name="d"),
        "read": lambda path: read_artifact(path, name="d"),
        "copy": lambda path: copy_artifact(path, tmp_path / "copy", name="d"),
    }
    return ways[request.param]


@pytest.mark.parametrize("end", ["a", "folder", "nowhere", "/etc/passwd"])
def test_a_symbolic_link_in_a_folder_is_refused(grow: Grow, read: Read, end: str) -> None:
    """To a file, a folder, nothing, or outside (model-signing #667): the message names link and target."""
    root = grow({"a": b"a", "folder/b": b"b"})
    (root / "link").symlink_to(end)
    with pytest.raises(RefusedPath, match=f"symbolic link to {end}") as caught:
        read(root)
    assert caught.value.where == str(root / "link")
    assert not (root.parent / "copy").exists()


@pytest.mark.parametrize("end", ["data", "data/a", "nowhere"])
def test_a_symbolic_link_as_the_artifact_itself_is_refused(grow: Grow, read: Read, end: str) -> None:
    """The path that is named must be the thing, not a pointer to it."""
    link = grow({"a": b"a"}).parent / "link"
    link.symlink_to(end)
    with pytest.raises(RefusedPath, match=f"symbolic link to {end}"):
        read(link)


def test_a_symbolic_link_on_the_way_is_refused_below_within(grow: Grow) -> None:
    """Swapping a folder on the way for a link must not redirect the reading."""
    root = grow({"real/a": b"a"})
    (root / "way").symlink_to("real")
    assert hash_artifact(root / "real" / "a", name="a", within=root).size == 1
    with pytest.raises(RefusedPath, match="symbolic link to real"):
        hash_artifact(root / "way" / "a", name="a", within=root)
    with pytest.raises(HashingError, match="does not lie within"):
        hash_artifact(root / "real" / "a", name="a", within=root / "way")


def test_a_symbolic_link_in_a_relative_path_is_refused(grow: Grow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a relative path every part counts; of an absolute one, what is above the artifact is the caller's word."""
    root = grow({"real/a": b"a"})
    (root / "way").symlink_to("real")
    monkeypatch.chdir(root)
    with pytest.raises(RefusedPath):
        hash_artifact(Path("way/a"), name="a")
    assert hash_artifact(root / "way" / "a", name="a") == hash_artifact(Path("real/../real/a"), name="a")


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("kind", ["a named pipe", "a socket"])
def test_special_files_are_refused_without_waiting(
    grow: Grow, read: Read, kind: str, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe without a writer would block a plain open for ever."""
    root = grow({"a": b"a"})
    monkeypatch.chdir(root)  # a socket's path must be short
    if kind == "a socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("special")
    else:
        os.mkfifo("special")
    with pytest.raises(RefusedPath, match=kind):
        read(root / "special" if alone else root)


def test_a_device_is_refused(read: Read) -> None:
    """Never opened: opening one can make it act."""
    with pytest.raises(RefusedPath, match="a character device"):
        read(Path("/dev/zero"))


def test_a_file_of_proc_is_not_hashed_as_empty(read: Read) -> None:
    """Its size says 0 and its content is longer."""
    with pytest.raises(HashingError, match="changed while it was being read"):
        read(Path("/proc/self/status"))


def test_a_read_error_is_reported(read: Read) -> None:
    """Opening succeeds, reading does not."""
    with pytest.raises(HashingError, match="cannot be read: input/output error"):
        read(Path("/proc/self/mem"))


@pytest.mark.parametrize("name", ["folder", "folder/b"])
def test_what_cannot_be_opened_is_reported(grow: Grow, read: Read, name: str, forbid: Callable[[Path], None]) -> None:
    """An unreadable file or folder is an error, never left out."""
    root = grow({"a": b"a", "folder/b": b"b"})
    forbid(root / name)
    with pytest.raises(HashingError, match="cannot be read: permission denied"):
        read(root)


def test_nothing_there_is_reported(tmp_path: Path, read: Read) -> None:
    """With the path, and what to do."""
    with pytest.raises(HashingError, match="nothing here") as caught:
        read(tmp_path / "missing")
    assert caught.value.where.endswith("missing")
    assert caught.value.remedy


@pytest.mark.parametrize("path", ["nul\0byte", "x" * 5000, "data/a/b"])
def test_a_path_that_the_system_rejects_is_an_error_of_ours(grow: Grow, read: Read, path: str) -> None:
    """No bare OSError or ValueError leaves the room."""
    with pytest.raises(HashingError):
        read(grow({"a": b"a"}).parent / path)


def test_a_folder_without_files_vouches_for_nothing(tmp_path: Path, read: Read) -> None:
    """Folders alone hold no bytes (an empty model verifies in model-signing 1.1.1)."""
    (tmp_path / "data" / "deep").mkdir(parents=True)
    with pytest.raises(RefusedPath, match="holds no file"):
        read(tmp_path / "data")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("config.json", "Config.json"),
        ("caf\u00e9", "cafe\u0301"),
        ("stra\u00dfe", "STRASSE"),
        ("sub/\u00e9/a", "sub/E\u0301/b"),
        ("ab", "a\u200db"),
    ],
)
def test_names_that_collide_are_refused(grow: Grow, read: Read, one: str, other: str) -> None:
    """By case, Unicode form or invisible joiner, files and folders between alike: elsewhere one replaces the other."""
    with pytest.raises(RefusedPath, match="collides") as caught:
        read(grow({one: b"1", other: b"2"}))
    for name in (one, other):
        part = next(
            part for part, twin in zip(name.split("/"), one.split("/"), strict=True) if part != "sub" or not twin
        )
        assert ascii(part) in caught.value.what


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b"line\nbreak", "control"),
        (b"\x1b[2Jescape", "control"),
        (b"del\x7f", "control"),
        (b"back\\slash", "backslash"),
        (b"latin\xe9", "not UTF-8"),
        ("gpj\u202e.exe".encode(), "direction"),
        ("isolate\u2066".encode(), "direction"),
        ("zero\u200bwidth".encode(), "invisible"),
        ("line\u2028separator".encode(), "line separator"),
    ],
)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_names_that_deceive_are_refused(tmp_path: Path, read: Read, name: bytes, reason: str, kind: str) -> None:
    """Each reads in two ways somewhere; the message shows it escaped (CVE-2021-42574 for the directions)."""
    place = tmp_path / "data" / os.fsdecode(name)
    place = place / "a" if kind == "folder" else place
    place.parent.mkdir(parents=True)
    place.write_bytes(b"")
    with pytest.raises(RefusedPath, match=reason) as caught:
        read(tmp_path / "data")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["", "a\nb", "a/b\\c", "\u202e"])
def test_an_artifact_cannot_be_called_what_a_file_cannot(grow: Grow, name: str) -> None:
    """The name goes into statements and onto terminals."""
    root = grow({"a": b""})
    with pytest.raises(RefusedPath):
        hash_artifact(root, name=name)
    with pytest.raises(RefusedPath):
        read_artifact(root, name=name)
    with pytest.raises(RefusedPath):
        copy_artifact(root, root.parent / "copy", name=name)


def test_usual_names_are_welcome(grow: Grow, read: Read) -> None:
    """Spaces, scripts that need joiners, emoji, dashes, stars and dots at odd places harm nobody."""
    names = [
        "-rf",
        " lead",
        "trail ",
        "*",
        "...",
        "a:b",
        "\u0645\u06cc\u200c\u062e\u0648",
        "👩\u200d🔬",
        "写真\u3000一",
        "PM\u202f10.png",
    ]
    read(grow(dict.fromkeys(names, b"")))
