"""Listings of artifacts: parse and render are inverse, and no path leads out."""

from __future__ import annotations

import pytest

from assay.blobs.listing import Listing, Part, parse_listing
from assay.blobs.pieces import PIECE
from assay.core import jsontext
from assay.core.digest import DIR_HASH, SHA256, Digest
from assay.core.errors import BlobError
from assay.core.jsontext import Json

DIGEST = Digest(SHA256, "a" * 64)
GOOD: dict[str, Json] = {"path": "a/b", "size": 1, "sha256": "a" * 64}


def document(*files: Json, version: Json = 1) -> bytes:
    return jsontext.dumps({"version": version, "files": list(files)})


def test_a_listing_reads_back_as_it_was_written() -> None:
    """Parsing what was rendered gives the same listing, of a folder and of a file."""
    folder = Listing((Part("a/b", PIECE + 1, DIGEST, DIGEST), Part("c", 0, DIGEST, None)))
    file = Listing((Part("", 5, DIGEST, None),))
    assert parse_listing(folder.render()) == folder
    assert parse_listing(file.render()) == file
    assert folder.digest.algorithm == DIR_HASH
    assert file.digest == DIGEST


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../up", "a/../../b", "a//b", "./a", "a/", "..", ".", "a\0b", "/", "a/./b"]
)
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    """Attack: a listing whose file lies outside of the artifact."""
    with pytest.raises(BlobError, match="leads out"):
        parse_listing(document({**GOOD, "path": path}))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        document(),
        document(GOOD, version=2),
        document("a"),
        document({**GOOD, "size": -1}),
        document({**GOOD, "size": True}),
        document({**GOOD, "sha256": "a" * 63}),
        document({**GOOD, "sha256": "../" + "a" * 61}),
        document({**GOOD, "pieces": "a" * 64}),
        document({**GOOD, "size": PIECE + 1}),
        document({**GOOD, "path": ""}, GOOD),
    ],
)
def test_a_malformed_listing_is_a_clear_error(data: bytes) -> None:
    """Whatever stands where a listing should be, the error is ours."""
    with pytest.raises(BlobError, match="cannot be used"):
        parse_listing(data)
