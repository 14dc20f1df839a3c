"""Against a known digest: a match, a mismatch with both digests, or an error; never one for the other."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import DigestError, HashingError, IntegrityError
from assay.hashing.artifact import hash_artifact
from assay.hashing.verify import verify_data_integrity

THIS = Path(__file__)
KNOWN = hashlib.sha256(THIS.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "known", [KNOWN, KNOWN.upper(), f"sha256:{KNOWN}", f"SHA256:{KNOWN.upper()}", f"  {KNOWN}\n", f"sha256: {KNOWN}"]
)
def test_a_match_in_every_usual_notation(known: str) -> None:
    """Any case, with or without prefix and surrounding space; text and path objects alike."""
    assert str(verify_data_integrity(THIS, known)) == f"sha256:{KNOWN}"
    assert str(verify_data_integrity(str(THIS), known)) == f"sha256:{KNOWN}"


def test_a_mismatch_names_both_digests() -> None:
    """As a ValueError too, for callers who know nothing of assay's errors."""
    with pytest.raises(ValueError, match=KNOWN) as caught:
        verify_data_integrity(THIS, "0" * 64)
    assert isinstance(caught.value, IntegrityError)
    assert (caught.value.expected, caught.value.actual) == (f"sha256:{'0' * 64}", f"sha256:{KNOWN}")
    assert "0" * 64 in str(caught.value)


@pytest.mark.parametrize("known", ["", " ", "\n", "sha256:", KNOWN[:-1], KNOWN[:8], f"{KNOWN}0", f"{KNOWN[:-1]}g"])
def test_an_empty_or_truncated_digest_is_an_error(known: str) -> None:
    """Not a match, as comparing prefixes would have it, and not a mismatch."""
    with pytest.raises(DigestError) as caught:
        verify_data_integrity(THIS, known)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "said"),
    [("md5", "MD5"), ("sha1", "SHA-1"), ("sha224", "SHA-224"), ("sha384", "SHA-384"), ("sha512", "SHA-512")],
)
def test_another_algorithm_s_digest_says_what_was_expected(name: str, said: str) -> None:
    """By its length, or by its prefix; even when it is right."""
    known = hashlib.new(name, THIS.read_bytes(), usedforsecurity=False).hexdigest()
    with pytest.raises(DigestError, match=f"64 hexadecimal digits.*{said} digest has that length"):
        verify_data_integrity(THIS, known)
    with pytest.raises(DigestError, match="a sha256 digest was expected"):
        verify_data_integrity(THIS, f"{name}:{known}")


@pytest.mark.parametrize("place", range(64))
def test_every_digit_counts(place: int) -> None:
    """A digest that differs in one digit is another digest."""
    digit = "0" if KNOWN[place] != "0" else "1"
    with pytest.raises(IntegrityError):
        verify_data_integrity(THIS, KNOWN[:place] + digit + KNOWN[place + 1 :])


@given(known=st.text(max_size=80))
def test_no_other_text_is_ever_a_match(known: str) -> None:
    """Law: only the whole digest matches."""
    with pytest.raises((DigestError, IntegrityError)):
        verify_data_integrity(THIS, known)


def test_an_endless_digest_is_not_echoed() -> None:
    """The message stays short."""
    with pytest.raises(DigestError) as caught:
        verify_data_integrity(THIS, "a:" * 100_000)
    assert len(str(caught.value)) < 1000


def test_a_folder_is_compared_with_its_dirhash(mixed: Path) -> None:
    """With or without the prefix; a file's prefix does not fit a folder, nor the other way round."""
    known = hash_artifact(mixed, name="d").digest
    assert verify_data_integrity(mixed, known.value) == verify_data_integrity(mixed, str(known).upper()) == known
    with pytest.raises(DigestError, match="a dirHash digest was expected"):
        verify_data_integrity(mixed, f"sha256:{known.value}")
    with pytest.raises(DigestError, match="a sha256 digest was expected"):
        verify_data_integrity(mixed / "a.csv", f"dirHash:{known.value}")
    with pytest.raises(IntegrityError):
        verify_data_integrity(mixed, "0" * 64)


def test_what_cannot_be_read_is_neither_match_nor_mismatch(tmp_path: Path) -> None:
    """A missing file is an error of its own kind, also when the digest is that of nothing."""
    with pytest.raises(HashingError, match="nothing here"):
        verify_data_integrity(tmp_path / "missing", hashlib.sha256(b"").hexdigest())
