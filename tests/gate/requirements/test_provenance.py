"""`provenance`: unbroken from the artifact back to its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from assay.core.decision import Check, Decision
from assay.core.digest import DIR_HASH, Digest
from assay.core.evidence import Evidence, Material, MaterialKind, Rejected
from assay.core.manifest import Comparison
from assay.core.statement import Subject

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]

OTHER = Digest("sha256", "9" * 64)


def test_files_that_differ_from_the_latest_build_are_named(loan: Evidence, reasons: Reasons, change) -> None:
    """Somebody who added a file and altered another reads their names, and which build made the folder."""
    comparison = Comparison(added=("evil.py",), missing=("card.md",), altered=("model.onnx",))
    unknown = replace(change.altered(loan, "package", comparison=comparison), build=None, chain=())
    (check,) = reasons('provenance = "complete"', unknown)
    assert "package/evil.py was added" in check.found
    assert "package/card.md is missing" in check.found
    assert "package/model.onnx was altered" in check.found
    assert "stage package (entry 5)" in check.found


def test_a_product_that_nobody_made_is_named_with_its_reader(loan: Evidence, reasons: Reasons) -> None:
    """A file slipped in between two stages has no build (an unsigned stage was skipped)."""
    material = loan.chain[1].materials[0]
    (check,) = reasons('provenance = "complete"', replace(loan, unexplained=((loan.chain[1], material),)))
    assert "stage train (entry 3) read table.csv" in check.found


def test_a_link_that_the_evidence_forgot_is_found_again(loan: Evidence, reasons: Reasons) -> None:
    """The gate works out the links itself; it does not take an empty ``unexplained`` for proof."""
    swapped = tuple(
        replace(build, materials=(Material("table.csv", OTHER, MaterialKind.PRODUCT),))
        if build.stage == "train"
        else build
        for build in loan.chain
    )
    assert "table.csv" in reasons('provenance = "complete"', replace(loan, chain=swapped))[0].found


def test_a_product_recorded_only_after_it_was_read_explains_nothing(loan: Evidence, reasons: Reasons, change) -> None:
    """A stage that makes what it reads, or a build added afterwards, cannot vouch for the bytes."""
    assert "table.csv" in reasons('provenance = "complete"', change.rebuilt(loan, "prepare", entry=40))[0].found


def test_a_build_of_other_bytes_is_not_the_artifacts_build(loan: Evidence, reasons: Reasons) -> None:
    """The gate compares the build's subject with the bytes on disk itself."""
    assert loan.artifact is not None
    swapped = replace(loan, artifact=replace(loan.artifact, digest=Digest(DIR_HASH, "6" * 64)))
    assert "no trusted build made package" in reasons('provenance = "complete"', swapped)[0].found


def test_a_build_of_the_same_bytes_under_another_name_is_not_the_artifacts_build(
    loan: Evidence, reasons: Reasons, change
) -> None:
    """A model under another model's name is refused (name not bound by the digest alone)."""
    assert loan.artifact is not None
    elsewhere = change.rebuilt(loan, "package", subjects=(Subject("other", loan.artifact.digest),))
    assert "no trusted build" in reasons('provenance = "complete"', elsewhere)[0].found


def test_a_rejected_statement_denies_until_its_stage_ran_again(loan: Evidence, judged: Judged) -> None:
    """A forged statement is a reason to stop; a trusted run after it is the remedy, or nothing ever could be."""
    forged = replace(loan, rejected=(Rejected(4, "train", "signed by nobody we trust"),))
    decision = judged('provenance = "complete"', forged)
    assert not decision.allowed
    assert "signed by nobody we trust" in decision.reasons[0].found
    again = replace(loan, rejected=(Rejected(0, "train", "signed by nobody we trust"),))
    assert judged('provenance = "complete"', again).allowed


def test_what_was_rejected_is_told_when_something_is_missing(loan: Evidence, reasons: Reasons) -> None:
    """The build that is missing is there, signed by a key that was revoked: that is the reason to read."""
    revoked = replace(loan, rejected=(Rejected(1, "", "the key of ci was revoked"),), chain=loan.chain[:-1])
    assert "the key of ci was revoked" in reasons('provenance = "complete"', revoked)[-1].found
