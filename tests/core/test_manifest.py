"""A manifest's digest is the standard's, and commits to names as well as bytes."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.digest import SHA256, Digest
from assay.core.errors import HashingError
from assay.core.manifest import Entry, Manifest, compare

PATHS = st.text("abcXYZ/._-é", min_size=1, max_size=12)
FILES = st.dictionaries(PATHS, st.binary(max_size=8), max_size=8)


def manifest(files: dict[str, bytes]) -> Manifest:
    return Manifest(
        tuple(Entry(path, len(data), Digest(SHA256, hashlib.sha256(data).hexdigest())) for path, data in files.items())
    )


def test_the_digest_is_the_one_of_the_specification() -> None:
    """The three files of the example in in-toto's digest_set.md give the digest that it gives."""
    prefix = "github.com/marklodato/go-hello-world@v0.0.1/"
    listed = {
        "README.md": "3a137eef6458bfb76bb2c63fc29ffc7166604d2d2e09ed9d8250a534122a8364",
        "go.mod": "28e7c942a036902d981759d0bf5704d2bfc7cb500caf68b84711b234af01c6a5",
        "main.go": "ddc4da627d9a9f45fb29641a1b185d6f53287ecfd921aacbf4fe54b7a86fe8d1",
    }
    entries = tuple(Entry(prefix + name, 1, Digest(SHA256, value)) for name, value in listed.items())
    assert Manifest(entries).digest.value == "2a1bb6127fb481c60f67692e22285fb306f3c6ffe62075e0ccf674d7c3adcb8f"


@given(FILES, FILES)
def test_two_folders_have_one_digest_only_if_they_are_the_same(one: dict[str, bytes], two: dict[str, bytes]) -> None:
    """Renaming a file changes the digest: what OpenSSF Model Signing's root digest does not see."""
    assert (manifest(one).digest == manifest(two).digest) == (one == two)


@given(FILES, FILES)
def test_added_missing_and_altered_files_are_told_apart(old: dict[str, bytes], new: dict[str, bytes]) -> None:
    """Every difference is named once and under the right heading."""
    found = compare(manifest(old), manifest(new))
    assert set(found.added) == new.keys() - old.keys()
    assert set(found.missing) == old.keys() - new.keys()
    assert set(found.altered) == {path for path in old.keys() & new.keys() if old[path] != new[path]}
    assert found.same == (old == new)


@pytest.mark.parametrize("paths", [("a", "a"), ("a\nb",), ("a\0b",)])
def test_ambiguous_paths_are_refused(paths: tuple[str, ...]) -> None:
    """A path twice, or one that could be read as two lines, has no digest."""
    entries = tuple(Entry(path, 0, Digest(SHA256, "0" * 64)) for path in paths)
    with pytest.raises(HashingError):
        Manifest(entries)
