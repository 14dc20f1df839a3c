"""Authorities made on the spot: certificates of every kind, right and wrong."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
AnyKey = ec.EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey


def key_usage(*, sign: bool = True, certify: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(sign, False, False, False, False, certify, certify, False, False)


def email(address: str) -> x509.GeneralName:
    return x509.RFC822Name(address)


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: AnyKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass
class Authority:
    """A certificate authority; ``parent`` signed its certificate, or it did itself."""

    name: str = "Example Root"
    parent: Authority | None = None
    key: AnyKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    start: datetime = NOW - YEAR
    end: datetime = NOW + 10 * YEAR
    path_length: int | None = None
    constraints: x509.NameConstraints | None = None
    is_authority: bool = True
    purposes: Sequence[ObjectIdentifier] = ()

    @cached_property
    def certificate(self) -> x509.Certificate:
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(self.is_authority, self.path_length if self.is_authority else None), True),
            (key_usage(sign=False, certify=True), True),
        ]
        if self.constraints is not None:
            extensions.append((self.constraints, True))
        if self.purposes:
            extensions.append((x509.ExtendedKeyUsage(self.purposes), False))
        return (self.parent or self)._sign(self.name, self.key, self.start, self.end, extensions)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def issue(
        self,
        *names: x509.GeneralName,
        key: AnyKey | None = None,
        start: datetime = NOW - timedelta(days=1),
        end: datetime = NOW + timedelta(days=30),
        usage: x509.KeyUsage | None = key_usage(),  # noqa: B008 - a value
        purposes: Sequence[ObjectIdentifier] = (ExtendedKeyUsageOID.CODE_SIGNING,),
        critical_purposes: bool = False,
        is_authority: bool = False,
        digest: hashes.HashAlgorithm | None = None,
        serial: int | None = None,
    ) -> Issued:
        """A certificate for signing, unless it is told otherwise."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        extensions: list[tuple[x509.ExtensionType, bool]] = [(x509.BasicConstraints(is_authority, None), True)]
        if usage is not None:
            extensions.append((usage, True))
        if purposes:
            extensions.append((x509.ExtendedKeyUsage(purposes), critical_purposes))
        if names:
            extensions.append((x509.SubjectAlternativeName(names), False))
        return Issued(self._sign("A signer", key, start, end, extensions, digest, serial), key)

    def _sign(
        self,
        subject: str,
        key: AnyKey,
        start: datetime,
        end: datetime,
        extensions: Sequence[tuple[x509.ExtensionType, bool]],
        digest: hashes.HashAlgorithm | None = None,
        serial: int | None = None,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)]))
            .public_key(key.public_key())
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        chosen = None if isinstance(self.key, Ed25519PrivateKey) else digest or hashes.SHA256()
        return builder.sign(self.key, chosen)


@pytest.fixture(scope="session")
def make_authority() -> type[Authority]:
    return Authority


@pytest.fixture(scope="session")
def authority() -> Authority:
    """A root that everybody in a test trusts."""
    return Authority()


@pytest.fixture(scope="session")
def sigstore_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Makes Sigstore deployments on loopback: ``sigstore_services(version=2)``."""
    pytest.importorskip("sigstore", reason="sigstore is not installed (the extra sigstore)")
    place = Path(__file__).with_name("fake_sigstore.py")
    specification = importlib.util.spec_from_file_location("fake_sigstore", place)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["fake_sigstore"] = module
    specification.loader.exec_module(module)
    made: list[Any] = []

    def make(**settings: Any) -> Any:
        made.append(module.FakeSigstore(tmp_path_factory.mktemp("sigstore"), **settings))
        return made[-1]

    yield make
    for services in made:
        services.close()
