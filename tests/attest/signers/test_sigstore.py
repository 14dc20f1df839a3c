"""Sigstore keyless, against services on loopback that speak the real wire format, with the real client."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.attest.checkpoints import NoteSigner
from assay.attest.keys import generate_key
from assay.attest.signers.local import LocalSigner
from assay.core.bundle import Bundle, SigningCertificate, parse_record
from assay.core.digest import Digest
from assay.core.errors import KeyFileError, SignatureError
from assay.core.statement import PAYLOAD_TYPE, Statement, Subject, parse_statement

pytest.importorskip("sigstore", reason="sigstore is not installed (the extra sigstore)")
from assay.attest.signers.sigstore import SigstoreSigner, find_token, read_trust_config
from assay.attest.verifiers.sigstore import SigstoreVerifier, read_trusted_root

STATEMENT = Statement((Subject("model", Digest("dirHash", "a" * 64)),), "t:x", {"k": [1, "é"]})
Services = Callable[..., Any]


def signer(services: Any, token: str | None = None) -> SigstoreSigner:
    config, _ = services.write()
    return SigstoreSigner("ada", read_trust_config(config), lambda: token or services.token())


def verifier(services: Any, **changes: str) -> SigstoreVerifier:
    _, root = services.write()
    wanted = {"identity": "ada@bank.example", "issuer": services.url, **changes}
    return SigstoreVerifier(read_trusted_root(root), **wanted)


def signed(services: Any, token: str | None = None) -> Bundle:
    made = signer(services, token).sign(STATEMENT.render(), PAYLOAD_TYPE)
    return parse_record(made.render())


@pytest.fixture(scope="module")
def first(sigstore_services: Services) -> Any:
    return sigstore_services(version=1)


@pytest.fixture(scope="module")
def bundle(first: Any) -> Bundle:
    return signed(first)


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_signed_verifies_without_a_network(sigstore_services: Services, version: int) -> None:
    """With either version of the log; the services are gone by then. The time is proved, the payload is our bytes."""
    services = sigstore_services(version=version)
    made = signed(services)
    checks = verifier(services)
    services.url = "http://127.0.0.1:9"
    proven = checks.verify(made, at=datetime.now(UTC))
    assert proven.identity.startswith("ada@bank.example (http://127.0.0.1:")
    assert abs(proven.times[0] - datetime.now(UTC)) < timedelta(minutes=2)
    assert parse_statement(made.envelope.payload) == STATEMENT
    assert isinstance(made.material, SigningCertificate)


def test_a_job_signs_as_its_address(first: Any) -> None:
    """CI systems are named by URIs."""
    job = "https://ci.example/models/.github/workflows/train.yml@refs/heads/main"
    made = signed(first, first.token(job))
    assert verifier(first, identity=job).verify(made, at=datetime.now(UTC))


@pytest.mark.parametrize(
    "changes",
    [
        {"identity": "eve@bank.example"},
        {"identity": "ADA@bank.example"},
        {"issuer": "https://accounts.example"},
        {"issuer": ""},
        {"identity": ""},
    ],
)
def test_another_identity_or_issuer_is_refused(first: Any, bundle: Bundle, changes: dict[str, str]) -> None:
    """Letter by letter: the same address at another provider is somebody else."""
    with pytest.raises(SignatureError, match="does not hold"):
        verifier(first, **changes).verify(bundle, at=datetime.now(UTC))


def test_a_changed_payload_or_type_is_refused(first: Any, bundle: Bundle) -> None:
    """Signature, and the log's entry, are about exactly these bytes."""
    envelope = bundle.envelope
    for changed in (
        replace(envelope, payload=envelope.payload.replace(b"model", b"m0del")),
        replace(envelope, payload_type="text/plain"),
        replace(envelope, signatures=(replace(envelope.signatures[0], sig=envelope.signatures[0].sig[:-1] + b"\0"),)),
        replace(envelope, signatures=(*envelope.signatures, *envelope.signatures)),
    ):
        with pytest.raises(SignatureError):
            verifier(first).verify(replace(bundle, envelope=changed), at=datetime.now(UTC))


def entry(bundle: Bundle) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bundle.log_entries[0])
    return found


def with_entry(bundle: Bundle, *entries: dict[str, Any]) -> Bundle:
    return replace(bundle, log_entries=tuple(json.dumps(item).encode() for item in entries))


def test_a_missing_or_foreign_log_entry_is_refused(first: Any, bundle: Bundle) -> None:
    """None, two, another signature's, one without proof, without promise, without checkpoint."""
    own, other = entry(bundle), entry(signed(first))
    for entries in (
        (),
        (own, own),
        (other,),
        ({key: value for key, value in own.items() if key != "inclusionProof"},),
        ({key: value for key, value in own.items() if key != "inclusionPromise"},),
        ({**own, "inclusionProof": {**own["inclusionProof"], "checkpoint": other["inclusionProof"]["checkpoint"]}},),
        ({**own, "canonicalizedBody": base64.b64encode(b"{}").decode()},),
        ({**own, "integratedTime": str(int(own["integratedTime"]) - 3600)},),
        ({},),
    ):
        with pytest.raises(SignatureError):
            verifier(first).verify(with_entry(bundle, *entries), at=datetime.now(UTC))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("fault", ["log_key", "proof"])
def test_a_log_that_lies_is_refused(sigstore_services: Services, fault: str, version: int) -> None:
    """Signed with another key, or proved into another tree: the client takes it, the verifier does not."""
    services = sigstore_services(version=version)
    setattr(services.faults, fault, True)
    with pytest.raises(SignatureError, match="invalid log entry"):
        verifier(services).verify(signed(services), at=datetime.now(UTC))


def test_a_certificate_outside_its_log_is_refused_before_it_is_used(sigstore_services: Services) -> None:
    """The certificate log's promise is by another key: nothing is signed."""
    services = sigstore_services()
    services.faults.sct = True
    with pytest.raises(SignatureError, match="did not sign"):
        signed(services)


def test_a_signature_after_the_certificates_end_is_refused(sigstore_services: Services) -> None:
    """By the log's clock; the key of a certificate that expired may be anybody's."""
    services = sigstore_services()
    services.faults.integrated = timedelta(hours=1)
    with pytest.raises(SignatureError, match="does not hold"):
        verifier(services).verify(signed(services), at=datetime.now(UTC))


def test_another_deployment_is_refused(sigstore_services: Services, bundle: Bundle, first: Any) -> None:
    """The same names under another root."""
    other = sigstore_services()
    with pytest.raises(SignatureError, match="does not hold"):
        verifier(other, issuer=first.url).verify(bundle, at=datetime.now(UTC))


def test_a_timestamp_that_was_taken_away_or_moved_is_refused(sigstore_services: Services) -> None:
    """The log's second version proves no time itself."""
    services = sigstore_services(version=2)
    made, other = signed(services), signed(services)
    for timestamps in ((), other.timestamps, (b"noise",)):
        with pytest.raises(SignatureError):
            verifier(services).verify(replace(made, timestamps=timestamps), at=datetime.now(UTC))


def test_a_token_that_cannot_be_used_is_told_without_it(first: Any) -> None:
    """Expired, for another audience, signed by nobody, noise, none at all."""
    for token in (
        first.token(exp=1),
        first.token(aud="else"),
        first.token()[:-8] + "AAAAAAAA",
        "not-a-token",
    ):
        with pytest.raises(SignatureError) as caught:
            signed(first, token)
        assert token[:20] not in str(caught.value)


def test_a_token_is_found_in_the_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of ours comes before Sigstore's."""
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "GOOGLE_SERVICE_ACCOUNT_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", "theirs")
    assert find_token() == "theirs"
    monkeypatch.setenv("ASSAY_OIDC_TOKEN", "ours")
    assert find_token() == "ours"


def test_services_that_are_not_there_are_told(sigstore_services: Services) -> None:
    """Nothing is signed, and no traceback escapes."""
    services = sigstore_services()
    made = signer(services, services.token())
    services.close()
    with pytest.raises(SignatureError, match="cannot be reached"):
        made.sign(STATEMENT.render(), PAYLOAD_TYPE)


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """No file, no JSON, another JSON."""
    for content in (None, "", "{}", '{"mediaType": "x"}'):
        place = tmp_path / "file.json"
        if content is not None:
            place.write_text(content)
        with pytest.raises(KeyFileError, match="configuration cannot be read"):
            read_trust_config(place)
        with pytest.raises(KeyFileError, match="trusted root cannot be read"):
            read_trusted_root(place)


def test_only_statements_are_signed_and_only_bundles_verified(first: Any) -> None:
    """Another payload type; a bare envelope where a bundle belongs; a checkpoint."""
    with pytest.raises(SignatureError, match="in-toto statements only"):
        signer(first).sign(b"x", "text/plain")
    bare = LocalSigner("ada", generate_key()).sign(STATEMENT.render(), PAYLOAD_TYPE)
    with pytest.raises(SignatureError, match="not signed through Sigstore"):
        verifier(first).verify(bare, at=datetime.now(UTC))
    with pytest.raises(SignatureError, match="new key each time"):
        NoteSigner(signer(first))
