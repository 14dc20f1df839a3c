"""`code`: the code that is there is the code that ran."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from assay.core.decision import Check, Decision
from assay.core.digest import GIT_COMMIT, Digest
from assay.core.evidence import Evidence, MaterialKind, Source

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]

OTHER = Digest("sha256", "9" * 64)


def test_a_checkout_at_another_commit_denies_for_each_build(loan: Evidence, reasons: Reasons) -> None:
    """Every build has to name the commit that is checked out."""
    moved = replace(loan, checkout=Source(Digest(GIT_COMMIT, "ab" * 20), dirty=False))
    assert len(reasons('code = "unchanged"', moved)) == len(loan.chain)


def test_a_dirty_checkout_denies(loan: Evidence, reasons: Reasons) -> None:
    """Uncommitted changes are changes."""
    assert loan.checkout is not None
    (check,) = reasons('code = "unchanged"', replace(loan, checkout=replace(loan.checkout, dirty=True)))
    assert "uncommitted" in check.found


def test_without_git_the_digests_of_the_code_decide(loan: Evidence, judged: Judged, change) -> None:
    """A copy of the project needs no history to be compared."""
    chain = tuple(replace(build, source=None) for build in loan.chain)
    plain = replace(loan, checkout=None, chain=chain, build=chain[0])
    assert judged('code = "unchanged"', plain).allowed
    assert not judged('code = "unchanged"', change.altered(plain, "train.py", digest=OTHER)).allowed
    assert not judged('code = "unchanged"', change.altered(plain, "train.py", digest=None)).allowed
    assert not judged('code = "committed"', plain).allowed


def test_without_git_and_without_recorded_code_nothing_can_be_told(loan: Evidence, judged: Judged) -> None:
    """Nothing to compare is not unchanged."""
    chain = tuple(
        replace(build, source=None, materials=tuple(m for m in build.materials if m.kind is not MaterialKind.CODE))
        for build in loan.chain
    )
    assert not judged('code = "unchanged"', replace(loan, checkout=None, chain=chain, build=chain[0])).allowed


def test_a_build_without_a_commit_denies_in_a_checkout(loan: Evidence, judged: Judged, change) -> None:
    """A build made beside the repository cannot be tied to it."""
    assert not judged('code = "unchanged"', change.rebuilt(loan, "train", source=None)).allowed


def test_a_build_with_uncommitted_code_is_unchanged_but_not_committed(loan: Evidence, judged: Judged, change) -> None:
    """``committed`` asks for more: that the commit alone says what ran."""
    assert loan.checkout is not None
    dirty = change.rebuilt(loan, "train", source=replace(loan.checkout, dirty=True))
    assert judged('code = "unchanged"', dirty).allowed
    assert not judged('code = "committed"', dirty).allowed
