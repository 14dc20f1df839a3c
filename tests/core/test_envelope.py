"""Statements and envelopes follow in-toto and DSSE, and are read strictly."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as ReferenceEnvelope

from assay.core.digest import DIR_HASH, SHA256, Digest
from assay.core.envelope import Envelope, Signature, parse_envelope, pre_authentication_encoding
from assay.core.errors import StatementError
from assay.core.statement import PAYLOAD_TYPE, Statement, Subject, digest_from_set, parse_statement

ENVELOPES = st.builds(
    Envelope,
    st.binary(max_size=100),
    st.text("abc/+.", min_size=1),
    st.lists(st.builds(Signature, st.text("0123456789abcdef"), st.binary(max_size=70)), min_size=1, max_size=3).map(
        tuple
    ),
)


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.binary(max_size=100))
def test_the_signed_bytes_are_those_of_the_reference_implementation(kind: str, payload: bytes) -> None:
    """Pre-authentication encoding, byte for byte as securesystemslib has it."""
    reference = ReferenceEnvelope(payload=payload, payload_type=kind, signatures={})
    assert pre_authentication_encoding(kind, payload) == reference.pae()


@given(ENVELOPES)
def test_an_envelope_reads_back_as_it_was_written(envelope: Envelope) -> None:
    """Parse after render is the identity."""
    assert parse_envelope(envelope.render()) == envelope


@given(st.binary(max_size=300))
def test_any_bytes_end_in_an_envelope_or_our_error(data: bytes) -> None:
    """Nothing else escapes from either reader."""
    for read in (parse_envelope, parse_statement):
        with suppress(StatementError):
            read(data)


@pytest.mark.parametrize("payload", ["YQ", "YR==", "YQ==\n", "Y Q==", 5, None])
def test_base64_that_two_readers_could_read_differently_is_refused(payload: object) -> None:
    """Missing padding, stray bits, white space: one payload has one spelling."""
    document = {"payload": payload, "payloadType": "t", "signatures": [{"keyid": "", "sig": ""}]}
    with pytest.raises(StatementError):
        parse_envelope(json.dumps(document).encode())


@pytest.mark.parametrize("change", [{"signatures": []}, {"payloadType": ""}, {"signatures": [1]}, {"signatures": None}])
def test_an_envelope_without_its_parts_is_refused(change: dict[str, object]) -> None:
    """An envelope that nobody signed is not an envelope."""
    document = {"payload": "", "payloadType": "t", "signatures": [{"keyid": "", "sig": ""}], **change}
    with pytest.raises(StatementError):
        parse_envelope(json.dumps(document).encode())


def test_a_statement_is_one_that_the_reference_library_accepts() -> None:
    """in-toto's own protobuf bindings read and validate what we render."""
    from google.protobuf.json_format import Parse
    from in_toto_attestation.v1.statement import Statement as ReferenceStatement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message

    statement = Statement(
        (Subject("a", Digest(SHA256, "0" * 64)), Subject("b", Digest(DIR_HASH, "1" * 64))), "t:x", {"k": 1}
    )
    message = Parse(statement.render(), Message())
    ReferenceStatement.copy_from_pb(message).validate()
    assert parse_statement(statement.render()) == statement
    assert PAYLOAD_TYPE == "application/vnd.in-toto+json"


@pytest.mark.parametrize(
    "change",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"subject": []},
        {"subject": [{"name": "a"}]},
        {"subject": [{"name": "a", "digest": {"md5": "0" * 32}}]},
        {"subject": [{"name": "a", "digest": {"sha256": "00"}}]},
        {"predicateType": ""},
        {"predicate": []},
    ],
)
def test_a_malformed_statement_is_refused(change: dict[str, object]) -> None:
    """Another version, no subject, no digest that we rely on."""
    document = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a", "digest": {"sha256": "0" * 64}}],
        "predicateType": "t",
        "predicate": {},
        **change,
    }
    with pytest.raises(StatementError):
        parse_statement(json.dumps(document).encode())


def test_unknown_algorithms_beside_a_known_one_are_ignored() -> None:
    """As in-toto's DigestSet asks of its readers."""
    assert digest_from_set({"sha3_256": "x", "sha256": "0" * 64}, what="x") == Digest(SHA256, "0" * 64)
