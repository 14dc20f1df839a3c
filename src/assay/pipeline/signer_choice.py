"""The signer, or the verifier, that a person names on the command line, where no project says which.

What a kind needs is imported only where it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assay.attest.keys import is_encrypted, read_key
from assay.attest.public_key import PublicKey, parse_public_key
from assay.attest.signers import ByteSigner, Signer
from assay.attest.signers.local import LocalSigner
from assay.attest.verifiers import Verifier
from assay.attest.verifiers.key import KeyVerifier
from assay.core.errors import KeyFileError

if TYPE_CHECKING:
    from assay.attest.timestamps import TimestampChecker

Passphrase = Callable[[Path], bytes]
#: Nobody's name is asked for: what is signed is verified by key, certificate or provider.
_NAME: Final = "signer"


@dataclass(frozen=True, slots=True)
class SignerChoice:
    """Exactly one of ``key``, ``pkcs11``, ``kms`` and ``sigstore``; the rest goes with it."""

    key: Path | None = None
    pkcs11: str | None = None
    kms: str | None = None
    sigstore: bool = False
    sigstore_config: Path | None = None
    public_key: Path | None = None
    certificate: Path | None = None
    timestamp_url: str | None = None


def chosen_signer(choice: SignerChoice, passphrase: Passphrase, *, now: datetime) -> Signer:
    """The signer that was named.

    :raises KeyFileError: a key, token, service, certificate or extra that cannot be used
    """
    signer = _signer(choice, passphrase)
    if choice.certificate is not None:
        from assay.attest.signers.certificate import certificate_signer  # noqa: PLC0415 - takes long to import

        if not isinstance(signer, ByteSigner):
            raise KeyFileError("a Sigstore signature brings its own certificate", where=str(choice.certificate))
        signer = certificate_signer(signer, _read(choice.certificate), now=now, where=str(choice.certificate))
    if choice.timestamp_url is not None:
        from assay.attest.signers.timestamped import TimestampedSigner  # noqa: PLC0415 - takes long to import

        signer = TimestampedSigner(signer, choice.timestamp_url)
    return signer


def key_verifier(public_key: Path, timestamp_authority: Path | None) -> Verifier:
    """Accepts what the key in the PEM file ``public_key`` signed.

    :raises KeyFileError: a file that cannot be used
    """
    return KeyVerifier(_public_key(public_key), _checker(timestamp_authority))


def certificate_verifier(authorities: Path, name: str | None, timestamp_authority: Path | None) -> Verifier:
    """Accepts what somebody signed to whom one of the ``authorities`` (PEM) gave a certificate for ``name``.

    :raises KeyFileError: a file or a name that cannot be used
    """
    from assay.attest.certificates import parse_certificates, parse_name  # noqa: PLC0415 - takes long to import
    from assay.attest.verifiers.certificate import CertificateVerifier  # noqa: PLC0415 - as above

    return CertificateVerifier(
        parse_certificates(_read(authorities), where=str(authorities)),
        None if name is None else parse_name(name, where="--san"),
        _checker(timestamp_authority),
    )


def sigstore_verifier(identity: str, issuer: str, trusted_root: Path | None) -> Verifier:
    """Accepts what ``identity`` signed through Sigstore, as ``issuer`` vouched for it; no network is asked.

    :raises KeyFileError: the trusted root cannot be used, or the extra is not installed
    """
    try:
        from assay.attest.verifiers.sigstore import SigstoreVerifier, read_trusted_root  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise _missing("sigstore", error) from error
    return SigstoreVerifier(read_trusted_root(trusted_root), identity, issuer)


def _signer(choice: SignerChoice, passphrase: Passphrase) -> Signer:
    if choice.key is not None:
        return LocalSigner(_NAME, read_key(choice.key, passphrase(choice.key) if is_encrypted(choice.key) else None))
    if choice.pkcs11 is not None:
        try:
            from assay.attest.signers.pkcs11 import Pkcs11Signer  # noqa: PLC0415 - an extra
            from assay.attest.signers.pkcs11_uri import parse_key_uri  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            raise _missing("pkcs11", error) from error
        uri = parse_key_uri(choice.pkcs11, where="--pkcs11")
        return Pkcs11Signer(_NAME, uri, lambda what: passphrase(Path(what)).decode(errors="replace"))
    if choice.kms is not None:
        if choice.public_key is None:
            raise KeyFileError("a key service's signatures are checked before they are used", remedy=_PUBLIC)
        try:
            from assay.attest.signers.kms import KmsSigner  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            raise _missing("kms", error) from error
        return KmsSigner(_NAME, choice.kms, _public_key(choice.public_key))
    try:
        from assay.attest.signers.sigstore import SigstoreSigner, find_token, read_trust_config  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _missing("sigstore", error) from error
    return SigstoreSigner(_NAME, read_trust_config(choice.sigstore_config), find_token)


def _checker(path: Path | None) -> TimestampChecker | None:
    if path is None:
        return None
    from assay.attest.timestamp_authorities import parse_timestamp_authorities  # noqa: PLC0415 - takes long to import

    return parse_timestamp_authorities(_read(path), where=str(path))


def _public_key(path: Path) -> PublicKey:
    try:
        return parse_public_key(_read(path).decode(), where=str(path))
    except UnicodeDecodeError as error:
        raise KeyFileError("this is not a public key in PEM format", where=str(path)) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"it cannot be read: {error.strerror}", where=str(path)) from error


def _missing(extra: str, error: ModuleNotFoundError) -> KeyFileError:
    return KeyFileError(
        f"what {extra} needs is not installed ({error.name})", remedy=f'Run `pip install "assay[{extra}]"`.'
    )


_PUBLIC: Final = "Give its public key: --public-key FILE."
