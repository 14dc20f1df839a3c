"""Sigstore keyless: who signs is shown by a token of an identity provider, the key lives for minutes, and what was
signed is written to a transparency log.

Source: Sigstore client specification; the protocol itself is the ``sigstore`` package's. Public services are used
unless a client trust configuration (``ClientTrustConfig``, JSON) names those of a private deployment.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import requests
from sigstore import dsse, oidc
from sigstore.errors import Error as SigstoreError
from sigstore.models import ClientTrustConfig
from sigstore.sign import SigningContext

from assay.core.bundle import Bundle, parse_bundle
from assay.core.errors import KeyFileError, SignatureError, StatementError
from assay.core.statement import PAYLOAD_TYPE

#: Where a token is looked for before the surroundings (GitHub Actions, GCP, GitLab, ...) are asked.
TOKEN_VARIABLES: Final = ("ASSAY_OIDC_TOKEN", "SIGSTORE_ID_TOKEN")


class SigstoreSigner:
    """Signs as ``name`` with a certificate for whoever ``token`` says it is for.

    ``token`` is called for each signature, which has a key of its own: tokens and certificates live for minutes only.
    """

    #: Each signature has its own key.
    public = None

    def __init__(self, name: str, config: ClientTrustConfig, token: Callable[[], str]) -> None:
        self._name = name
        self._token = token
        try:
            self._context = SigningContext.from_trust_config(config)
        except (SigstoreError, ValueError) as error:
            raise KeyFileError("the Sigstore configuration names no services to sign with") from error

    def __repr__(self) -> str:
        return f"SigstoreSigner({self._name!r})"

    @property
    def name(self) -> str:
        return self._name

    def sign(self, payload: bytes, payload_type: str) -> Bundle:
        """A bundle with the certificate, the log's entry and its time.

        :raises SignatureError: no token, a provider, authority or log that says no or cannot be reached, or a payload
            that is no in-toto statement, since Sigstore logs nothing else in envelopes
        """
        if payload_type != PAYLOAD_TYPE:
            raise SignatureError(f"Sigstore signs in-toto statements only, not {payload_type!r}")
        try:
            identity = oidc.IdentityToken(self._token())
            with self._context.signer(identity) as signer:
                made = signer.sign_dsse(_Payload(payload))
            return parse_bundle(made.to_json().encode())
        except (oidc.IdentityError, oidc.ExpiredIdentity) as error:
            raise SignatureError(
                "the identity token cannot be used: it is malformed, has expired, or is for another audience",
                remedy='Get a new one, for the audience "sigstore".',
            ) from error
        except (SignatureError, StatementError):
            raise
        except requests.RequestException as error:
            raise SignatureError("a Sigstore service cannot be reached") from error
        except Exception as error:  # the package raises what its parts raise; a token may be quoted in it
            raise SignatureError(f"Sigstore did not sign ({type(error).__name__})") from error


def read_trust_config(path: Path | None) -> ClientTrustConfig:
    """The services in the file at ``path``; the public ones, from Sigstore's own TUF repository, without one.

    :raises KeyFileError: the file cannot be read, or the repository cannot be reached
    """
    try:
        if path is None:
            return ClientTrustConfig.production()
        return ClientTrustConfig.from_json(path.read_text())
    except (OSError, ValueError, SigstoreError) as error:
        where = str(path) if path else "Sigstore's public services"
        raise KeyFileError("the Sigstore configuration cannot be read", where=where) from error


def find_token() -> str:
    """The identity token of these surroundings: a variable's, or a CI system's own.

    :raises SignatureError: there is none
    """
    for variable in TOKEN_VARIABLES:
        if os.environ.get(variable):
            return os.environ[variable]
    try:
        found = oidc.detect_credential()
    except oidc.IdentityError as error:
        raise SignatureError(
            "the CI system gives no identity token",
            remedy="On GitHub Actions the job needs the permission `id-token: write`.",
        ) from error
    if found is None:
        raise SignatureError(
            "there is no identity token",
            remedy=f"Set {TOKEN_VARIABLES[0]}, or run where a CI system gives one.",
        )
    return found


class _Payload(dsse.Statement):
    """A statement's bytes as they are: the package's own reader knows SHA-2 and SHA-3 digests only, and ours have
    ``dirHash`` and ``gitCommit``, too."""

    def __init__(self, contents: bytes) -> None:
        self._contents = contents
