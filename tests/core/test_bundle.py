"""A bundle reads back as it was written, a bare envelope is one, and nothing hides in either."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.bundle import (
    MAX_CERTIFICATES,
    MEDIA_TYPE,
    Bundle,
    CertificateChain,
    KeyHint,
    SigningCertificate,
    parse_bundle,
    parse_record,
)
from assay.core.envelope import Envelope, Signature
from assay.core.errors import StatementError

ENVELOPE = Envelope(b"{}", "application/vnd.in-toto+json", (Signature("ab", b"\1\2"),))
BUNDLE = Bundle(ENVELOPE, KeyHint("ab"), (b"stamp",), (b'{"logIndex":"7"}',))

materials = st.one_of(
    st.builds(KeyHint, st.text(max_size=5)),
    st.builds(SigningCertificate, st.binary(min_size=1, max_size=9)),
    st.builds(CertificateChain, st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=4).map(tuple)),
)


@given(materials, st.lists(st.binary(min_size=1, max_size=9), max_size=3), st.binary(max_size=9))
def test_a_bundle_reads_back_as_it_was_written(material: Any, stamps: list[bytes], payload: bytes) -> None:
    """Parse after render is the identity, and rendering is deterministic."""
    envelope = Envelope(payload, "t", (Signature("", b"\1"), Signature("k", b"\2")))
    bundle = Bundle(envelope, material, tuple(stamps), (b'{"a":1}', b"{}"))
    rendered = bundle.render()
    assert parse_bundle(rendered) == parse_record(rendered) == bundle
    assert parse_bundle(rendered).render() == rendered


def test_a_bare_envelope_is_a_record_of_its_own_bytes() -> None:
    """Ledgers of today hold these: they are read and written as they were, and are no bundles."""
    record = parse_record(ENVELOPE.render())
    assert record == Bundle(ENVELOPE)
    assert record.render() == ENVELOPE.render()
    with pytest.raises(StatementError, match="mediaType"):
        parse_bundle(ENVELOPE.render())
    with pytest.raises(StatementError, match="bare envelope"):
        Bundle(ENVELOPE, timestamps=(b"x",))


def document(**changes: Any) -> bytes:
    found = json.loads(BUNDLE.render())
    found.update(changes)
    return json.dumps({key: value for key, value in found.items() if value is not None}).encode()


def verification(**changes: Any) -> dict[str, Any]:
    found = json.loads(BUNDLE.render())["verificationMaterial"]
    found.update(changes)
    return {key: value for key, value in found.items() if value is not None}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (document(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.2"), "mediaType"),
        (document(mediaType=None), "mediaType"),
        (document(dsseEnvelope=None), "JSON object"),
        (document(messageSignature={}), "bare bytes"),
        (document(payload="e30="), "'payload'"),
        (document(verificationMaterial=None), "verificationMaterial must"),
        (document(verificationMaterial=verification(publicKey=None)), "exactly one"),
        (document(verificationMaterial=verification(certificate={"rawBytes": "AQ=="})), "exactly one"),
        (document(verificationMaterial=verification(mood="good")), "'mood'"),
        (document(verificationMaterial=verification(publicKey={"hint": 7})), "hint must be text"),
        (document(verificationMaterial=verification(tlogEntries={})), "list"),
        (document(verificationMaterial=verification(tlogEntries=["x"])), "log entry"),
        (document(verificationMaterial=verification(timestampVerificationData={"x": 1})), "'x'"),
        (
            document(
                verificationMaterial=verification(
                    timestampVerificationData={"rfc3161Timestamps": [{"signedTimestamp": "A"}]}
                )
            ),
            "base64",
        ),
        (
            document(verificationMaterial=verification(publicKey=None, x509CertificateChain={"certificates": []})),
            "not be empty",
        ),
        (
            document(
                verificationMaterial=verification(
                    publicKey=None,
                    x509CertificateChain={"certificates": [{"rawBytes": "AQ=="}] * (MAX_CERTIFICATES + 1)},
                )
            ),
            "at most",
        ),
        (b"[]", "JSON object"),
        (b"{", "JSON"),
        (document().replace(b'"mediaType"', b'"mediaType": "x", "mediaType"', 1), "twice"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(data: bytes, reason: str) -> None:
    """Other versions, fields that a reader would not see, two ways to verify, endless lists."""
    with pytest.raises(StatementError, match=reason):
        parse_bundle(data)
    with pytest.raises(StatementError):
        parse_record(data)


def test_an_envelope_beside_a_bundle_is_neither() -> None:
    """One reader would take the envelope in the open, another the one inside."""
    both = {**json.loads(ENVELOPE.render()), **json.loads(BUNDLE.render())}
    with pytest.raises(StatementError):
        parse_record(json.dumps(both).encode())
    assert json.loads(BUNDLE.render())["mediaType"] == MEDIA_TYPE


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_record_or_our_error(data: bytes) -> None:
    """Nothing else escapes."""
    with suppress(StatementError):
        parse_record(data)
