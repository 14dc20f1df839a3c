"""Statements to bundles and back: nothing is parsed before its signature held.

Source: DSSE v1 ``protocol.md``. The payload type is checked before anything else, and the bytes that were signed are
the bytes that are parsed.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.attest.signers import Signer
from assay.attest.trust import Identity, Role, Trust
from assay.core.bundle import Bundle, parse_record
from assay.core.envelope import Envelope, pre_authentication_encoding
from assay.core.errors import SignatureError
from assay.core.statement import PAYLOAD_TYPE, Statement, parse_statement


@dataclass(frozen=True, slots=True)
class Verified:
    """A statement whose signature held, and the identity that made it."""

    statement: Statement
    identity: Identity


def sign_statement(statement: Statement, signer: Signer) -> Bundle:
    """Sign ``statement`` as it renders.

    :raises SignatureError: the signer's device, service or authority said no
    """
    return signer.sign(statement.render(), PAYLOAD_TYPE)


def verify_envelope(data: bytes, trust: Trust, role: Role) -> Verified:
    """Verify the envelope or bundle in ``data`` and read its statement.

    The ``keyid`` is a hint that anybody can write: every signature is tried against every identity that has ``role``.

    :raises SignatureError: no signature by a trusted identity with ``role``, or another payload type
    :raises StatementError: malformed
    """
    envelope = parse_record(data).envelope
    if envelope.payload_type != PAYLOAD_TYPE:
        raise SignatureError(f"the envelope holds {envelope.payload_type!r}, not an in-toto statement")
    identity = _signed_by(envelope, trust)
    if role not in identity.roles:
        raise SignatureError(
            f"signed by {identity.name}, whom trust.toml does not give the role {role.value!r}",
            remedy=f"If {identity.name} should have it, add it to the roles in trust.toml.",
        )
    return Verified(parse_statement(envelope.payload), identity)


def _signed_by(envelope: Envelope, trust: Trust) -> Identity:
    message = pre_authentication_encoding(envelope.payload_type, envelope.payload)
    for signature in envelope.signatures:
        for identity in trust.identities:
            if identity.key.verifies(signature.sig, message):
                return identity
    named = {identity.key.keyid: identity.name for identity in trust.identities}
    hints = [signature.keyid for signature in envelope.signatures]
    claimed = next((named[hint] for hint in hints if hint in named), None)
    if claimed is not None:
        raise SignatureError(
            f"the signature that claims to be by {claimed} does not hold: the statement was changed after it was signed"
        )
    keys = ", ".join(hint[:12] or "without a name" for hint in hints)
    raise SignatureError(
        f"signed by a key that nobody in trust.toml has ({keys})",
        remedy="Trust nothing it says; if the signer is known to you, add the key to trust.toml.",
    )
