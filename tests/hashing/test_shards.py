"""Shards: the whole file, in order, without gap or overlap, whatever the size."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import HashingError, RefusedPath
from assay.hashing.shards import MAX_SHARDS, hash_shards


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=500), size=st.integers(1, 600))
def test_shards_cover_the_file(content: bytes, size: int) -> None:
    """Law: consecutive ranges from 0 to the end, each with its bytes' digest; an empty file has one empty shard."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "file"
        file.write_bytes(content)
        shards = hash_shards(file, size)
    assert [shard.start for shard in shards] == list(range(0, max(len(content), 1), size))
    assert [shard.end for shard in shards] == [*(shard.start for shard in shards[1:]), len(content)]
    for shard in shards:
        assert shard.digest.value == hashlib.sha256(content[shard.start : shard.end]).hexdigest()


def test_shards_larger_than_a_buffer(mixed: Path) -> None:
    """Several reads per shard; progress counts every byte once."""
    file, counts = mixed / "largest.bin", []
    content = file.read_bytes()
    shards = hash_shards(file, 300_000, progress=counts.append)
    assert [one.digest.value for one in shards] == [
        hashlib.sha256(content[one.start : one.end]).hexdigest() for one in shards
    ]
    assert sum(counts) == len(content)


def test_what_has_no_shards_is_refused(mixed: Path) -> None:
    """Folders, links, sizes below one byte, and more shards than anyone reads."""
    with pytest.raises(HashingError, match="only a file"):
        hash_shards(mixed, 10)
    with pytest.raises(HashingError, match="at least one byte"):
        hash_shards(mixed / "a.csv", 0)
    (mixed / "link").symlink_to("a.csv")
    with pytest.raises(RefusedPath):
        hash_shards(mixed / "link", 10)
    with (mixed / "a.csv").open("ab") as file:
        file.truncate(MAX_SHARDS + 1)  # a hole, no bytes on disk
    with pytest.raises(HashingError, match="more than 1000000 shards"):
        hash_shards(mixed / "a.csv", 1)
