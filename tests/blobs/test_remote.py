"""Objects in stores that fsspec reaches, tried on its own memory and on a folder."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from assay.blobs.remote import RemoteObjects
from assay.core.errors import BlobError

NAME = "ab" + "0" * 62


@pytest.fixture(params=["memory", "file"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> RemoteObjects:
    """A store in fsspec's memory, and one in a folder."""
    return RemoteObjects(f"{request.param}://{tmp_path}/store")


def test_what_was_put_is_there(remote: RemoteObjects) -> None:
    """An object reads back, can be read from anywhere in it, and is kept unless it is to be replaced."""
    assert not remote.has(NAME)
    remote.put(NAME, lambda file: file.write(b"weights") and None)
    remote.put(NAME, lambda file: file.write(b"other") and None)
    assert list(remote.names()) == [NAME]
    with remote.open(NAME) as file:
        file.seek(2)
        assert file.read() == b"ights"
    remote.put(NAME, lambda file: file.write(b"other") and None, replace=True)
    with remote.open(NAME) as file:
        assert file.read() == b"other"


def test_an_error_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """An upload that ends early is discarded, where the store has uploads that are committed."""
    remote = RemoteObjects(f"file://{tmp_path}/store")

    def fail(file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise BlobError("cut off")

    with pytest.raises(BlobError, match="cut off"):
        remote.put(NAME, fail)  # type: ignore[arg-type]
    assert not remote.has(NAME)
    assert list(remote.names()) == []


def test_a_missing_object_is_told(remote: RemoteObjects) -> None:
    """What is not there is an error of ours that names it."""
    with pytest.raises(BlobError, match="not in the store"):
        remote.open(NAME)


@pytest.mark.parametrize("name", ["..", "../x", NAME.upper(), ""])
def test_a_name_that_leaves_the_store_is_refused(remote: RemoteObjects, name: str) -> None:
    """Attack: a path in place of an object's name."""
    for act in (remote.has, remote.open, lambda name: remote.put(name, lambda file: None)):
        with pytest.raises(BlobError, match="64 hexadecimal digits"):
            act(name)


def test_a_kind_of_store_that_is_not_known_is_told() -> None:
    """The error says what to install, and nothing of the address but its kind."""
    with pytest.raises(BlobError, match="cannot be reached here") as caught:
        RemoteObjects("nothing://user:secret@host/models")
    assert "secret" not in str(caught.value)


def test_the_store_is_what_was_asked_for(tmp_path: Path) -> None:
    """Objects lie below the prefix of the address and nowhere else."""
    RemoteObjects(f"memory://{tmp_path}/prefix").put(NAME, lambda file: None)
    assert fsspec.filesystem("memory").find(f"{tmp_path}/prefix") == [f"{tmp_path}/prefix/objects/ab/{NAME}"]
