"""`isolated`: stages that ran shut off."""

from __future__ import annotations

from collections.abc import Callable

from assay.core.decision import Check, Decision
from assay.core.evidence import Evidence

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]


def test_only_the_stages_listed_have_to_be_isolated(loan: Evidence, judged: Judged, change) -> None:
    """Collecting needs the network."""
    online = change.rebuilt(loan, "collect", isolation=())
    assert judged('isolated = ["prepare", "train"]', online).allowed
    assert not judged("isolated = true", online).allowed


def test_a_listed_stage_that_is_not_in_the_chain_denies(loan: Evidence, reasons: Reasons) -> None:
    """A typing error in a stage's name must not make the demand vanish."""
    (check,) = reasons('isolated = ["trian"]', loan)
    assert "stage trian is not in the chain" in check.found
