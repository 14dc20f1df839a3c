"""A model's statement signed so that other implementations find the key: the hint is theirs, not ours."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from assay.attest.public_key import PublicKey
from assay.attest.signers import Signer
from assay.core.bundle import Bundle, KeyHint
from assay.core.statement import PAYLOAD_TYPE, Statement


def sign_model(statement: Statement, signer: Signer) -> Bundle:
    """Sign ``statement``; what a key signs is a bundle, too, which names the key by the digest of its PEM form.

    :raises SignatureError: the signer's device, service or authority said no
    """
    bundle = signer.sign(statement.render(), PAYLOAD_TYPE)
    if bundle.material is not None and not isinstance(bundle.material, KeyHint):
        return bundle
    assert signer.public is not None, "who signs without a certificate has a lasting key"
    return replace(bundle, material=KeyHint(hint(signer.public)))


def hint(key: PublicKey) -> str:
    """SHA-256 of the key's PEM SubjectPublicKeyInfo with its last line break, as the specification has it."""
    return hashlib.sha256(key.pem().encode()).hexdigest()
