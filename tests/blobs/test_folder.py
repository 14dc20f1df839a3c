"""Objects in a folder: whole or not there, private, and nowhere else than below the folder."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay.blobs.folder import FolderObjects
from assay.core.errors import BlobError

NAME = "ab" + "0" * 62
OTHER = "cd" + "1" * 62


def place(objects: FolderObjects, name: str = NAME) -> Path:
    return objects.root / "objects" / name[:2] / name


def content(objects: FolderObjects, name: str = NAME) -> bytes:
    with objects.open(name) as file:
        return file.read()


def test_what_was_put_is_there(objects: FolderObjects) -> None:
    """An object reads back, is listed, and nothing is left of its upload."""
    objects.put(OTHER, lambda file: None)
    objects.put(NAME, lambda file: file.write(b"weights") and None)
    assert content(objects) == b"weights"
    assert list(objects.names()) == [NAME, OTHER]
    assert not list((objects.root / "uploads").iterdir())


def test_only_the_owner_can_read_it(objects: FolderObjects) -> None:
    """Folders have mode 0700 and files 0600, whatever the umask allows."""
    before = os.umask(0)
    try:
        objects.put(NAME, lambda file: None)
        made = FolderObjects(objects.root / "deeper")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (made.root, place(objects).parent)}
    assert modes == {0o700}
    assert stat.S_IMODE(place(objects).stat().st_mode) == 0o600
    assert not list(objects.exposed())


def test_an_object_that_is_there_is_kept_unless_it_is_to_be_replaced(objects: FolderObjects) -> None:
    """Two writers of one object do not disturb each other; a damaged one can be replaced."""
    objects.put(NAME, lambda file: file.write(b"first") and None)
    objects.put(NAME, lambda file: file.write(b"second") and None)
    assert content(objects) == b"first"
    objects.put(NAME, lambda file: file.write(b"third") and None, replace=True)
    assert content(objects) == b"third"


def test_an_error_in_the_middle_leaves_nothing(objects: FolderObjects) -> None:
    """What was half written is not there, under no name."""

    def fail(file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise BlobError("cut off")

    with pytest.raises(BlobError, match="cut off"):
        objects.put(NAME, fail)  # type: ignore[arg-type]
    assert not objects.has(NAME)
    assert not list((objects.root / "uploads").iterdir())


def test_killed_in_the_middle_leaves_no_object(tmp_path: Path) -> None:
    """kill -9 while an upload is under way: the object is not there, and can be put afterwards."""
    code = (
        "import sys, time, pathlib\nfrom assay.blobs.folder import FolderObjects\n"
        "def write(file):\n    file.write(b'half'); file.flush(); print('half', flush=True); time.sleep(60)\n"
        f"FolderObjects(pathlib.Path(sys.argv[1])).put({NAME!r}, write)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "store")], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    objects = FolderObjects(tmp_path / "store")
    assert not objects.has(NAME)
    assert list(objects.names()) == []
    objects.put(NAME, lambda file: file.write(b"whole") and None)
    assert content(objects) == b"whole"


@pytest.mark.parametrize(
    "name", ["", "../" + "0" * 61, "/etc/passwd", NAME.upper(), NAME + "0", NAME[:-1] + "\n", ".."]
)
def test_a_name_that_leaves_the_store_is_refused(objects: FolderObjects, name: str) -> None:
    """Attack: a path in place of an object's name, for reading and for writing."""
    for act in (objects.has, objects.open, lambda name: objects.put(name, lambda file: None)):
        with pytest.raises(BlobError, match="64 hexadecimal digits"):
            act(name)


def test_a_link_in_an_objects_place_is_not_followed(objects: FolderObjects, tmp_path: Path) -> None:
    """Attack: a symbolic link planted where an object should lie; read nothing, and never write through it."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    place(objects).parent.mkdir()
    place(objects).symlink_to(secret)
    for act in (objects.has, objects.open):
        with pytest.raises(BlobError, match="symbolic link"):
            act(NAME)
    objects.put(NAME, lambda file: file.write(b"new") and None, replace=True)
    assert secret.read_bytes() == b"secret"
    assert content(objects) == b"new"


@pytest.mark.parametrize("planted", ["objects/ab", "uploads", "objects"])
def test_a_link_in_place_of_a_folder_is_not_followed(objects: FolderObjects, tmp_path: Path, planted: str) -> None:
    """Attack: a folder of the store replaced by a link to another place; nothing is written there."""
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = objects.root / planted
    if folder.exists():
        folder.rmdir()
    folder.symlink_to(outside)
    with pytest.raises(BlobError, match="cannot be written"):
        objects.put(NAME, lambda file: None)
    assert not list((outside).iterdir())


def test_a_pipe_in_an_objects_place_does_not_hang(objects: FolderObjects) -> None:
    """Attack: a named pipe planted where an object should lie: refused at once."""
    place(objects).parent.mkdir()
    os.mkfifo(place(objects))
    started = time.monotonic()
    with pytest.raises(BlobError, match="something else than a file"):
        objects.open(NAME)
    assert time.monotonic() - started < 5


def test_what_others_can_read_is_told(objects: FolderObjects) -> None:
    """A folder or file that was opened to others is listed with its mode."""
    objects.put(NAME, lambda file: None)
    place(objects).chmod(0o644)
    assert list(objects.exposed()) == [(f"objects/ab/{NAME}", 0o644)]
