"""SLSA Verification Summary v1: a gate's decision to let an artifact through.

Source: SLSA v1.0 ``verification_summary``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from assay.attest.predicates import fields
from assay.core.digest import Digest
from assay.core.errors import StatementError
from assay.core.evidence import Approval
from assay.core.jsontext import Json
from assay.core.statement import VERIFICATION_SUMMARY, Statement, Subject, digest_from_set

#: Signed provenance by an identity that is trusted, verified back to its sources. The higher levels of SLSA's build
#: track speak about hosted platforms and are not claimed.
LEVEL: Final = "SLSA_BUILD_LEVEL_1"


def summary_statement(
    *,
    subject: Subject,
    resource: str,
    policy: str,
    policy_digest: Digest,
    evidence: Sequence[tuple[str, Digest]],
    verifier: str,
    version: str,
    time: datetime,
) -> Statement:
    """The summary of a decision that allowed ``subject``.

    :param resource: a URI for the artifact, independent of its bytes
    :param evidence: URI and SHA-256 of each envelope that was relied on
    """
    attestations: list[Json] = [{"uri": uri, "digest": {digest.algorithm: digest.value}} for uri, digest in evidence]
    return Statement(
        (subject,),
        VERIFICATION_SUMMARY,
        {
            "verifier": {"id": f"tag:assay,2026:verifier/{verifier}", "version": {"assay": version}},
            "timeVerified": fields.render_time(time),
            "resourceUri": resource,
            "policy": {"uri": policy, "digest": {policy_digest.algorithm: policy_digest.value}},
            "inputAttestations": attestations,
            "verificationResult": "PASSED",
            "verifiedLevels": [LEVEL],
            "slsaVersion": "1.0",
        },
    )


def parse_approval(statement: Statement, *, entry: int, signer: str) -> Approval | None:
    """Read a summary from a verified statement; ``None`` when it says anything but PASSED.

    :raises StatementError: a field is missing or of the wrong type
    """
    if fields.text(statement.predicate, "verificationResult") != "PASSED":
        return None
    if len(statement.subjects) != 1:
        raise StatementError("a verification summary must have one subject")
    policy = fields.mapping(statement.predicate, "policy")
    return Approval(
        entry=entry,
        signer=signer,
        subject=statement.subjects[0],
        policy=digest_from_set(policy.get("digest"), what="the policy"),
        time=fields.time(statement.predicate, "timeVerified"),
    )
