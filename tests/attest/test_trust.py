"""The trust file is read strictly: who may say what."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.attest.keys import generate_key
from assay.attest.trust import Identity, Role, Trust, parse_trust, render_trust
from assay.core.errors import TrustError

ADA = Identity("ada@bank.example", generate_key().public, frozenset(Role))
BOB = Identity("bob", generate_key().public, frozenset({Role.BUILDER}))
TRUST = Trust("bank.example/loans", (ADA, BOB))


def test_a_trust_file_reads_back_as_it_was_written() -> None:
    """Parse after render is the identity."""
    assert parse_trust(render_trust(TRUST).encode(), where="trust.toml") == TRUST


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("version = 1", "version = 2", "must be 1"),
        ("version = 1", "", "missing"),
        ('["builder"]', '["root"]', "'root'"),
        ("roles", "rolls", "not known"),
        ("origin", "orgin", "missing"),
        ('[identities."bob"]', '[identities."b ob"]', "cannot be used"),
        ("BEGIN PUBLIC KEY", "BEGIN CERTIFICATE", "not a public key"),
        (BOB.key.pem(), ADA.key.pem(), "same key"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(old: str, new: str, reason: str) -> None:
    """A typo in a trust file must not leave anybody trusted for something else."""
    text = render_trust(TRUST)
    assert old in text
    with pytest.raises(TrustError, match=reason):
        parse_trust(text.replace(old, new).encode(), where="trust.toml")


def test_nobody_is_not_everybody() -> None:
    """A trust file without identities is an error."""
    with pytest.raises(TrustError, match="nobody"):
        parse_trust(b'version = 1\n[log]\norigin = "x"\n', where="trust.toml")


@given(st.binary(max_size=300))
def test_any_bytes_end_in_trust_or_our_error(data: bytes) -> None:
    """Nothing else escapes."""
    with suppress(TrustError):
        parse_trust(data, where="x")
