"""Digests are read whole or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.digest import DIR_HASH, SHA256, Digest, parse_digest
from assay.core.errors import DigestError

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(HEX, st.sampled_from(["", "sha256:", "SHA256:", " sha256: "]), st.booleans(), st.sampled_from(["", " ", "\n"]))
def test_any_case_prefix_and_space_reads_the_same(value: str, prefix: str, upper: bool, space: str) -> None:
    """However a tool or a person writes a digest, it is the same digest."""
    text = space + prefix + (value.upper() if upper else value) + space
    assert parse_digest(text) == Digest(SHA256, value)


@given(HEX, st.integers(0, 63))
def test_a_truncated_digest_is_an_error(value: str, length: int) -> None:
    """A prefix of the right digest matches nothing: DVC-style shortened hashes must not pass."""
    with pytest.raises(DigestError, match="64 hexadecimal digits"):
        parse_digest(value[:length])


@pytest.mark.parametrize("text", ["", " ", "sha256:", "g" * 64, "0" * 65, "md5:" + "0" * 32, "sha512:" + "0" * 128])
def test_what_is_no_sha256_is_refused(text: str) -> None:
    """Empty, too long, of another alphabet or algorithm: each is an error and a ValueError."""
    with pytest.raises(ValueError, match=r"digest|expected"):
        parse_digest(text)


def test_an_unknown_algorithm_is_refused() -> None:
    """MD5 and SHA-1 cannot be held by the type at all."""
    with pytest.raises(DigestError, match="md5"):
        Digest("md5", "0" * 32)


def test_a_digest_prints_as_algorithm_and_value() -> None:
    """What is printed can be read back."""
    digest = Digest(DIR_HASH, "ab" * 32)
    assert parse_digest(str(digest), algorithm=DIR_HASH) == digest
    assert digest.short == "abababababab"
