"""A key management service signs: a service of our own, registered with securesystemslib as any other is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, Key, SecretsHandler, Signature, Signer

from assay.attest.checkpoints import NoteSigner
from assay.attest.keys import PrivateKey, generate_key
from assay.attest.public_key import PublicKey, Scheme
from assay.attest.signers.kms import KmsSigner
from assay.attest.verifiers.key import KeyVerifier
from assay.core.bundle import parse_record
from assay.core.errors import KeyFileError, SignatureError
from assay.core.note import Checkpoint
from assay.core.statement import PAYLOAD_TYPE

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SIZES = {Scheme.P256: 32, Scheme.P384: 48, Scheme.P521: 66}


class Service(Signer):
    """Keeps keys by name; ``raw`` services return r and s side by side, as Azure's and PKCS #11's interfaces do."""

    keys: dict[str, PrivateKey] = {}  # noqa: RUF012 - the service is one
    down = False

    def __init__(self, uri: str, key: Key) -> None:
        self.uri, self.key = uri, key
        if self.name not in self.keys:
            raise PermissionError(f"AccessDenied for request with token=SECRET: {self.name}")

    @property
    def name(self) -> str:
        return self.uri.partition(":")[2].partition("?")[0]

    @property
    def public_key(self) -> Key:
        return self.key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> Service:
        return cls(priv_key_uri, public_key)

    def sign(self, payload: bytes) -> Signature:
        if Service.down:
            raise ConnectionError("https://kms.example/?token=SECRET")
        private = self.keys[self.name]
        made = private.sign(payload)
        if self.uri.endswith("?raw") and private.public.scheme in SIZES:
            size = SIZES[private.public.scheme]
            made = b"".join(number.to_bytes(size) for number in decode_dss_signature(made))
        return Signature(self.key.keyid, made.hex())


@pytest.fixture(autouse=True)
def service() -> Iterator[None]:
    SIGNER_FOR_URI_SCHEME["testkms"] = Service
    yield
    del SIGNER_FOR_URI_SCHEME["testkms"]
    Service.keys.clear()
    Service.down = False


def make_key(scheme: Scheme = Scheme.P256) -> PublicKey:
    private = generate_key(scheme)
    Service.keys["projects/models/key-1"] = private
    return private.public


@pytest.mark.parametrize("form", ["", "?raw"])
@pytest.mark.parametrize("scheme", [Scheme.ED25519, Scheme.P256, Scheme.P384, Scheme.P521])
def test_what_a_service_signs_verifies(scheme: Scheme, form: str) -> None:
    """Whatever form its signatures have: here they are DER. Statements and checkpoints."""
    signer = KmsSigner("ci", f"testkms:projects/models/key-1{form}", make_key(scheme))
    bundle = parse_record(signer.sign(b"{}", PAYLOAD_TYPE).render())
    assert KeyVerifier(signer.public).verify(bundle, at=NOW).key == signer.public
    assert NoteSigner(signer).sign_note(Checkpoint("x", 1, b"\1" * 32).render())


def test_a_key_that_was_rotated_is_noticed() -> None:
    """The service signs with another key than the trust file has: nothing leaves with such a signature."""
    public = make_key()
    signer = KmsSigner("ci", "testkms:projects/models/key-1", public)
    make_key()
    with pytest.raises(SignatureError, match="no signature by the public key"):
        signer.sign(b"{}", PAYLOAD_TYPE)


def test_a_service_that_says_no_is_quoted_without_its_request() -> None:
    """Messages of such libraries hold addresses and tokens."""
    public = make_key()
    signer = KmsSigner("ci", "testkms:projects/models/key-1", public)
    Service.down = True
    with pytest.raises(SignatureError, match="ConnectionError") as caught:
        signer.sign(b"{}", PAYLOAD_TYPE)
    assert "SECRET" not in str(caught.value) + repr(signer)
    with pytest.raises(KeyFileError, match="PermissionError") as refused:
        KmsSigner("ci", "testkms:projects/models/key-2", public)
    assert "SECRET" not in str(refused.value)


def test_a_service_that_nobody_knows_is_told() -> None:
    """And one whose client library is not there says how to get it."""
    public = make_key()
    with pytest.raises(KeyFileError, match="no key management service"):
        KmsSigner("ci", "cloudkms:x", public)
    for uri in ("awskms:alias/x", "azurekms://vault.example/keys/x/1", "hashivault:x/1"):
        try:
            KmsSigner("ci", uri, public)
        except KeyFileError as error:
            assert "is not installed" in error.what or "cannot be used" in error.what
