"""Every requirement that a policy may state; one file each. To add one: its file, and its line in ``REQUIREMENTS``."""

from __future__ import annotations

from typing import Any, Final

from assay.gate.requirement import Requirement
from assay.gate.requirements import (
    approved_for,
    code,
    evaluated_by,
    evaluation,
    fully_covered,
    intact,
    isolated,
    max_age_days,
    newest,
    no_finding_at_or_above,
    not_retired,
    provenance,
    rules_newer_than,
    scanned_by,
    signed_by,
    stages,
)

REQUIREMENTS: Final[tuple[Requirement[Any], ...]] = (
    signed_by.REQUIREMENT,
    provenance.REQUIREMENT,
    stages.REQUIREMENT,
    evaluation.REQUIREMENT,
    evaluated_by.REQUIREMENT,
    max_age_days.REQUIREMENT,
    newest.REQUIREMENT,
    not_retired.REQUIREMENT,
    approved_for.REQUIREMENT,
    intact.REQUIREMENT,
    code.REQUIREMENT,
    isolated.REQUIREMENT,
    scanned_by.REQUIREMENT,
    no_finding_at_or_above.REQUIREMENT,
    fully_covered.REQUIREMENT,
    rules_newer_than.REQUIREMENT,
)
