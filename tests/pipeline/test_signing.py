"""The settings say what signs: a key file of any accepted kind, a service, a certificate, an identity provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, Signature, Signer

from assay.attest.keys import PrivateKey, generate_key, write_key
from assay.attest.public_key import Scheme
from assay.attest.signers.local import LocalSigner
from assay.attest.signers.paired import PairedSigner
from assay.attest.signers.timestamped import TimestampedSigner
from assay.attest.trust import Identity, Role, Trust
from assay.config import Settings, parse_settings
from assay.core.errors import ConfigError, KeyFileError, TrustError
from assay.pipeline.signing import build_signer

NOW = datetime(2026, 11, 1, tzinfo=UTC)
Assay = Callable[..., Any]


def settings(root: Path, signing: str = "") -> Settings:
    text = f'version = 1\n[project]\nname = "x"\nkey = "key"\n[signing]\n{signing}\n'
    return parse_settings(text.encode(), root=root)


def trust(**keys: PrivateKey) -> Trust:
    return Trust("x", tuple(Identity(name, key.public, frozenset(Role)) for name, key in keys.items()))


def none(asked: Path) -> bytes:
    raise AssertionError(asked)


def test_the_key_file_signs_unless_something_else_is_named(tmp_path: Path) -> None:
    """As the identity whose key it is."""
    key = generate_key(Scheme.P384)
    write_key(key, tmp_path / "key", None)
    signer = build_signer(settings(tmp_path), trust(ada=key), none, now=NOW)
    assert isinstance(signer, LocalSigner)
    assert (signer.name, signer.public) == ("ada", key.public)
    with pytest.raises(TrustError, match="belongs to nobody"):
        build_signer(settings(tmp_path), trust(eve=generate_key()), none, now=NOW)


class Service(Signer):
    """A key management service that keeps one key."""

    private = generate_key(Scheme.P256)

    public_key = None  # type: ignore[assignment]

    @classmethod
    def from_priv_key_uri(cls, uri: str, key: Any, secrets: Any = None) -> Service:
        return cls()

    def sign(self, payload: bytes) -> Signature:
        return Signature("", self.private.sign(payload).hex())


@pytest.fixture
def service() -> Iterator[PrivateKey]:
    before = SIGNER_FOR_URI_SCHEME["awskms"]
    SIGNER_FOR_URI_SCHEME["awskms"] = Service
    yield Service.private
    SIGNER_FOR_URI_SCHEME["awskms"] = before


def test_a_service_signs_as_the_identity_that_is_named(tmp_path: Path, service: PrivateKey) -> None:
    """Its public key stands in the trust file, or in a file of its own."""
    named = 'signer = "awskms:alias/models"\nidentity = "ci"'
    signer = build_signer(settings(tmp_path, named), trust(ci=service), none, now=NOW)
    assert signer.name == "ci"
    assert signer.sign(b"{}", "t").envelope.signatures[0].keyid == service.public.keyid
    (tmp_path / "ci.pem").write_text(service.public.pem())
    beside = settings(tmp_path, f'{named}\npublic_key = "ci.pem"')
    assert build_signer(beside, trust(eve=generate_key()), none, now=NOW).public == service.public
    with pytest.raises(TrustError, match="ci is nobody"):
        build_signer(settings(tmp_path, named), trust(eve=generate_key()), none, now=NOW)
    (tmp_path / "ci.pem").unlink()
    with pytest.raises(KeyFileError, match="public key cannot be read"):
        build_signer(beside, trust(ci=service), none, now=NOW)


def test_stamps_and_checkpoints_may_be_somebody_elses(tmp_path: Path) -> None:
    """Statements get a timestamp, checkpoints do not; a second key may sign the checkpoints."""
    ada, log = generate_key(), generate_key(Scheme.P256)
    write_key(ada, tmp_path / "key", None)
    write_key(log, tmp_path / "log.key", None)
    both = trust(ada=ada, log=log)
    stamped = build_signer(settings(tmp_path, 'timestamp_url = "http://127.0.0.1:9"'), both, none, now=NOW)
    assert isinstance(stamped, PairedSigner)
    assert isinstance(stamped.statements, TimestampedSigner)
    assert stamped.notes.name == stamped.name == "ada"
    paired = build_signer(settings(tmp_path, 'checkpoint_key = "log.key"'), both, none, now=NOW)
    assert isinstance(paired, PairedSigner)
    assert (paired.name, paired.notes.name) == ("ada", "log")


@pytest.mark.parametrize(
    ("signing", "reason"),
    [
        ('signer = "pkcs11:token=x"', "whose signer it is"),
        ('signers = "pkcs11:token=x"', "signers"),
        ('signer = "hsm:2"\nidentity = "ada"', "no kind of signer called 'hsm'"),
        ('signer = "file:key"\nidentity = "ada"', "no kind of signer"),
        ('signer = "sigstore:x"\nidentity = "ada"', "no kind of signer"),
        ('signer = "pkcs11:token=x?pin-value=1234"\nidentity = "ada"', "holds the PIN itself"),
        ('certificate = "none.pem"', "certificates cannot be read"),
    ],
)
def test_settings_that_do_not_fit_together_are_told(tmp_path: Path, signing: str, reason: str) -> None:
    """Before anything is signed, and without a PIN in the message."""
    key = generate_key()
    write_key(key, tmp_path / "key", None)
    with pytest.raises((ConfigError, KeyFileError), match=reason) as caught:
        build_signer(settings(tmp_path, signing), trust(ada=key), none, now=NOW)
    assert "1234" not in str(caught.value)


def test_a_project_with_a_service_needs_no_key_file(fresh: Path, assay: Assay, service: PrivateKey) -> None:
    """Runs, is judged and audited as with any other signer."""
    place = fresh / "trust.toml"
    text = place.read_text()
    pem = text[text.index("-----BEGIN") : text.index('"""', text.index("-----BEGIN"))]
    place.write_text(text.replace(pem, service.public.pem()))
    with (fresh / "assay.toml").open("a") as file:
        file.write('\n[signing]\nsigner = "awskms:alias/models"\nidentity = "ada"\n')
    (fresh / ".assay" / "key").unlink()
    for command in (("run",), ("gate", "model"), ("log", "audit")):
        done = assay(fresh, *command)
        assert done.returncode == 0, done.stdout + done.stderr
