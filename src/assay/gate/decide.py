"""Policy and evidence in, decision out: no clock, no disk, no network, and the same decision every time."""

from __future__ import annotations

from typing import Final

from assay.core.decision import Check, Decision
from assay.core.evidence import Evidence
from assay.gate import words
from assay.gate.policy import Policy
from assay.gate.tree import judge

#: How much of another room's account of a problem is passed on, in characters.
_LONGEST_PROBLEM: Final = 2_000


def decide(policy: Policy, evidence: Evidence) -> Decision:
    """Hold ``evidence`` against every requirement of ``policy``.

    All requirements are evaluated whatever the others said, so the decision lists every reason at once. Two checks come
    first whatever the policy says: ``ledger`` (the ledger proved whole) and ``artifact`` (its bytes could be read).
    A policy without requirements allows nothing. Never raises.
    """
    return Decision(
        artifact=evidence.name,
        digest=None if evidence.artifact is None else evidence.artifact.digest,
        policy=policy.name,
        policy_digest=policy.digest,
        checks=(_ledger(evidence), _artifact(evidence), *judge(policy.requirement, evidence).checks),
    )


def _ledger(evidence: Evidence) -> Check:
    expected = "the ledger proves whole"
    if evidence.ledger_problem:
        return Check(
            "ledger",
            False,
            expected,
            words.shown(evidence.ledger_problem, longest=_LONGEST_PROBLEM),
            "Trust nothing that it says until you know what happened; restore it from a copy that proves whole.",
        )
    return Check("ledger", True, expected, "it proved whole")


def _artifact(evidence: Evidence) -> Check:
    expected = f"{words.shown(evidence.name)} can be read as plain files and folders"
    if evidence.artifact is None:
        return Check(
            "artifact",
            False,
            expected,
            words.shown(evidence.refused, longest=_LONGEST_PROBLEM) if evidence.refused else "it could not be read",
            "Put the artifact there as it was built: regular files, no links.",
        )
    if evidence.refused:
        return Check(
            "artifact",
            False,
            expected,
            words.shown(evidence.refused, longest=_LONGEST_PROBLEM),
            "Remove what must not stand in an artifact.",
        )
    return Check("artifact", True, expected, words.digest(evidence.artifact.digest))
