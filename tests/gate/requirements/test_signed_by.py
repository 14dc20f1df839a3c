"""`signed_by`: who may sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from assay.core.decision import Check, Decision
from assay.core.evidence import Evidence

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]


def test_any_trusted_identity_will_do_when_signed_by_is_true(loan: Evidence, judged: Judged, change) -> None:
    """Everything in the evidence was verified against the trust file already."""
    assert judged("signed_by = true", change.rebuilt(loan, "train", signer="ci")).allowed


def test_a_broken_chain_leaves_the_signers_unknown(loan: Evidence, reasons: Reasons) -> None:
    """Nobody can say who signed the build that is missing."""
    assert "broken" in reasons("signed_by = true", replace(loan, chain=loan.chain[:-1]))[0].found
