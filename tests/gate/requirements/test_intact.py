"""`intact`: what is on disk is what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from assay.core.decision import Check, Decision
from assay.core.digest import Digest
from assay.core.evidence import Evidence, Material, MaterialKind

Judged = Callable[[str, Evidence], Decision]
Reasons = Callable[[str, Evidence], tuple[Check, ...]]

OTHER = Digest("sha256", "9" * 64)


def test_an_altered_file_is_named_with_both_digests_and_the_stage_that_made_it(
    loan: Evidence, reasons: Reasons, change
) -> None:
    """Silent modification of a dataset between two stages."""
    (check,) = reasons('intact = "present"', change.altered(loan, "table.csv", digest=OTHER))
    assert check.expected == "table.csv is sha256:222222222222, as stage prepare (entry 2) made it"
    assert check.found == "table.csv is sha256:999999999999"


def test_an_altered_input_is_named_with_the_stage_that_read_it(loan: Evidence, reasons: Reasons, change) -> None:
    """Data that no stage made has a reader only."""
    (check,) = reasons('intact = "present"', change.altered(loan, "rates.csv", digest=OTHER))
    assert "as stage prepare (entry 2) read it" in check.expected


def test_a_symbolic_link_where_a_file_was_is_named(loan: Evidence, reasons: Reasons, change) -> None:
    """A file replaced by a link to somewhere else (symlink tricks)."""
    linked = change.altered(loan, "table.csv", digest=None, problem="is a symbolic link to /etc/passwd")
    for demand in ("present", "all"):
        (check,) = reasons(f'intact = "{demand}"', linked)
        assert "symbolic link to /etc/passwd" in check.found


def test_an_absent_file_fails_all_and_not_present(loan: Evidence, judged: Judged, change) -> None:
    """Where only the artifact is delivered, its data is not there."""
    gone = change.altered(loan, "table.csv", digest=None)
    assert judged('intact = "present"', gone).allowed
    assert not judged('intact = "all"', gone).allowed


def test_a_name_that_nobody_looked_at_denies(loan: Evidence, judged: Judged) -> None:
    """Not looked at is not intact."""
    assert not judged('intact = "present"', replace(loan, found={})).allowed


def test_two_versions_of_one_file_in_a_chain_cannot_both_be_there(loan: Evidence, reasons: Reasons, change) -> None:
    """Each build is held against what it recorded itself."""
    other = change.rebuilt(loan, "collect", materials=(Material("train.py", OTHER, MaterialKind.CODE),))
    assert [check.found for check in reasons('intact = "present"', other)] == ["train.py is sha256:cccccccccccc"]
