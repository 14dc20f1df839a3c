"""What a scan came to: what was found, what could not be told, and what became of every file. Values only."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from assay.core.allowance import Allowance
from assay.core.finding import Finding, Outcome, Scanned, Severity, Unknown

if TYPE_CHECKING:
    from assay.core.comparison import Difference

#: What fails a scan unless somebody says otherwise.
FAIL_ON: Final = Severity.MEDIUM

_RULES_VERSION: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\+[0-9a-f]{8,64}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Everything that one scan says.

    :param findings: those that a person accepted among them, marked
    :param unknown: what could not be told; a file may have findings and stand here as well
    :param files: every file under what was scanned, each once
    :param rules_version: the rules' date and the digest of all that judges, ``2026-03-01+<hexadecimal>``
    :param tool_version: assay's own
    :param started: with its time zone
    :param finished: with its time zone
    :param limits: what inspecting one file was allowed to cost, by name
    :param comparison: with a base model, when one was given
    :param allowances: callables that were not held against a file because somebody answers for them
    :param notes: what whoever set the scan up should know: an entry of an ignore list that has run out or fits nothing
    """

    findings: tuple[Finding, ...]
    unknown: tuple[Unknown, ...]
    files: tuple[Scanned, ...]
    rules_version: str
    tool_version: str
    started: datetime
    finished: datetime
    limits: tuple[tuple[str, int | float], ...] = ()
    allowances: tuple[Allowance, ...] = ()
    comparison: Difference | None = None
    notes: tuple[str, ...] = ()

    @property
    def standing(self) -> tuple[Finding, ...]:
        """The findings that nobody accepted."""
        return tuple(finding for finding in self.findings if finding.ignored is None)

    @property
    def worst(self) -> Severity | None:
        """The highest severity of the findings that nobody accepted; ``None`` when there is none."""
        return max((finding.severity for finding in self.standing), default=None)

    @property
    def fully_covered(self) -> bool:
        """Whether every part of every file could be told."""
        return not self.unknown and all(file.outcome is not Outcome.UNKNOWN for file in self.files)

    @property
    def finite_limits(self) -> dict[str, int | float]:
        """The limits that are any: one that somebody set to infinity is not among them."""
        return {name: value for name, value in self.limits if math.isfinite(value)}

    def with_outcome(self, outcome: Outcome) -> int:
        """How many files came to this."""
        return sum(file.outcome is outcome for file in self.files)

    def exit_code(self, fail_on: Severity = FAIL_ON, *, allow_unknown: bool = False) -> int:
        """1 when a finding that nobody accepted is as bad as ``fail_on``; else 2 when not everything could be told.

        :param allow_unknown: 0 in place of 2
        """
        if any(finding.severity >= fail_on for finding in self.standing):
            return 1
        return 0 if allow_unknown or self.fully_covered else 2


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By file, the worst first, then by place: the order in which findings are shown, always the same."""
    return sorted(findings, key=_place)


def rules_date(version: str) -> date | None:
    """The date in a rules version; ``None`` for what is no such version."""
    found = _RULES_VERSION.match(version)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def counted(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many there are of each severity, the worst first; none are left out."""
    found = dict.fromkeys(sorted(Severity, reverse=True), 0)
    for finding in findings:
        found[finding.severity] += 1
    return found


def _place(finding: Finding) -> tuple[str, int, int, str, str, int, int, str]:
    place = finding.location
    return (
        finding.path,
        -finding.severity,
        -finding.confidence,
        finding.rule,
        place.member,
        -1 if place.offset is None else place.offset,
        -1 if place.line is None else place.line,
        finding.message,
    )
