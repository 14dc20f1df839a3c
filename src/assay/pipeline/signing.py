"""The signer that the settings ask for: a key file's, a token's, a cloud service's, or an identity provider's.

What a kind of signer needs is imported only where it is used; an extra that is missing is told by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from assay.attest.keys import is_encrypted, read_key
from assay.attest.public_key import PublicKey, parse_public_key
from assay.attest.signers import ByteSigner, Signer
from assay.attest.signers.local import LocalSigner
from assay.attest.signers.paired import PairedSigner
from assay.attest.trust import Trust
from assay.config import Settings, SigningSettings
from assay.core.errors import ConfigError, KeyFileError, TrustError

Passphrase = Callable[[Path], bytes]
_SERVICES: Final = ("awskms", "gcpkms", "azurekms", "hashivault", "hv")
_WHERE: Final = "assay.toml: signing.signer"


def build_signer(settings: Settings, trust: Trust, passphrase: Passphrase, *, now: datetime) -> Signer:
    """The signer of the settings, as the identity of the trust file that it is.

    :param passphrase: asked for the passphrase of a key file, or the PIN of a token, only if one is needed
    :raises KeyFileError: a key, token, service, certificate or extra that cannot be used
    :raises ConfigError: the settings do not fit together
    :raises TrustError: a key that belongs to nobody in the trust file
    """
    signing = settings.signing
    signer: Signer
    if signing.signer is None:
        signer = _local(settings.key, trust, passphrase)
    else:
        signer = _addressed(signing.signer, signing, trust, passphrase)
    if signing.certificate is not None:
        signer = _certified(signer, signing.certificate, now)
    notes = signer
    if signing.checkpoint_key is not None:
        notes = _local(signing.checkpoint_key, trust, passphrase)
    if signing.timestamp_url is not None:
        from assay.attest.signers.timestamped import TimestampedSigner  # noqa: PLC0415 - takes long to import

        signer = TimestampedSigner(signer, signing.timestamp_url)
    return signer if notes is signer or not isinstance(notes, ByteSigner) else PairedSigner(signer, notes)


def _local(path: Path, trust: Trust, passphrase: Passphrase) -> LocalSigner:
    key = read_key(path, passphrase(path) if is_encrypted(path) else None)
    identity = trust.by_key(key.public)
    if identity is None:
        raise TrustError(
            f"the signing key {key.public.keyid[:12]} belongs to nobody in the trust file",
            where=str(path),
            remedy="Nothing was signed. Use the key of a trusted identity, or have this one added to trust.toml.",
        )
    return LocalSigner(identity.name, key)


def _addressed(address: str, signing: SigningSettings, trust: Trust, passphrase: Passphrase) -> Signer:
    scheme = address.partition(":")[0]
    name = signing.identity
    assert name is not None, "the settings demand it"
    try:
        if scheme == "pkcs11":
            from assay.attest.signers.pkcs11 import Pkcs11Signer  # noqa: PLC0415 - an extra
            from assay.attest.signers.pkcs11_uri import parse_key_uri  # noqa: PLC0415 - an extra

            return Pkcs11Signer(name, parse_key_uri(address, where=_WHERE), lambda what: _pin(passphrase, what))
        if scheme in _SERVICES:
            from assay.attest.signers.kms import KmsSigner  # noqa: PLC0415 - an extra

            return KmsSigner(name, address, _public_key(signing, trust, name))
        if address == "sigstore:":
            from assay.attest.signers.sigstore import (  # noqa: PLC0415 - an extra
                SigstoreSigner,
                find_token,
                read_trust_config,
            )

            return SigstoreSigner(name, read_trust_config(signing.sigstore_config), find_token)
    except ModuleNotFoundError as error:
        extra = "kms" if scheme in _SERVICES else scheme
        raise KeyFileError(
            f"what {scheme} needs is not installed ({error.name})",
            where=_WHERE,
            remedy=f'Run `pip install "assay[{extra}]"`.',
        ) from error
    raise ConfigError(
        f"there is no kind of signer called {scheme!a}",
        where=_WHERE,
        remedy=f"Known are pkcs11:, sigstore: and {', '.join(f'{item}:' for item in _SERVICES[:-1])}.",
    )


def _pin(passphrase: Passphrase, what: str) -> str:
    try:
        return passphrase(Path(what)).decode()
    except UnicodeDecodeError as error:
        raise KeyFileError("the PIN is not UTF-8 text", where=what) from error


def _public_key(signing: SigningSettings, trust: Trust, name: str) -> PublicKey:
    """A service's public key: from the file that was named, or the trust file."""
    if signing.public_key is not None:
        try:
            return parse_public_key(signing.public_key.read_text(), where=str(signing.public_key))
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileError("the public key cannot be read", where=str(signing.public_key)) from error
    identity = next((item for item in trust.identities if item.name == name), None)
    if identity is None:
        raise TrustError(
            f"{name} is nobody in the trust file",
            where="assay.toml: signing.identity",
            remedy="Name an identity of the trust file, or give signing.public_key.",
        )
    return identity.key


def _certified(signer: Signer, path: Path, now: datetime) -> Signer:
    from assay.attest.signers.certificate import certificate_signer  # noqa: PLC0415 - takes long to import

    if not isinstance(signer, ByteSigner):
        raise ConfigError("a Sigstore signer brings its own certificate", where="assay.toml: signing.certificate")
    try:
        return certificate_signer(signer, path.read_bytes(), now=now, where=str(path))
    except OSError as error:
        raise KeyFileError(f"the certificates cannot be read: {error.strerror}", where=str(path)) from error
