"""Nothing bad enough was found in the artifact.

## What it demands

The newest trusted scan of exactly these bytes has no finding of this severity (``info``, ``low``, ``medium``, ``high``,
``critical``) or a higher one. As a table, ``confidence`` (``low``, ``medium``, ``high``) leaves out findings that are
less certain, and ``ignored = "count"`` counts those, too, that a person accepted. A finding that was accepted until a
day that has passed counts again, and a callable that was allowed until then leaves the requirement unknown.

What could not be told is no finding: demand ``fully_covered`` beside it.

## Example

```toml
no_finding_at_or_above = "medium"
```

## When it fails

See what ``assay explain RULE`` says about it. Take the artifact from elsewhere, or remove what was found and build
again; if it is known and harmless, accept it with a reason and an end in ``assay.toml``, then scan and record again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from assay.core.evidence import Evidence, Scan
from assay.core.finding import Confidence, Finding, Severity
from assay.core.scan import in_order
from assay.gate import reading, scans, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

_SEVERITIES: Final = {severity.word: severity for severity in Severity}
_CONFIDENCES: Final = {confidence.word: confidence for confidence in Confidence}
_KEYS: Final = ("severity", "confidence", "ignored")


@dataclass(frozen=True, slots=True)
class Limit:
    """The least severity and confidence that count; ``accepted`` when what a person accepted counts as well."""

    severity: Severity
    confidence: Confidence = Confidence.LOW
    accepted: bool = False

    def __str__(self) -> str:
        certain = f" of at least {self.confidence.word} confidence" if self.confidence > Confidence.LOW else ""
        accepted = ", accepted ones included" if self.accepted else ""
        return f"no finding at or above {self.severity.word}{certain}{accepted}"


def _parse(value: object, where: str) -> Limit:
    if not isinstance(value, dict):
        return Limit(_SEVERITIES[reading.word(value, where, tuple(_SEVERITIES))])
    table = reading.table(value, where)
    for key in table:
        if key not in _KEYS:
            raise reading.unknown_key(key, where, _KEYS)
    confidence = Confidence.LOW
    if "confidence" in table:
        confidence = _CONFIDENCES[reading.word(table["confidence"], f"{where}.confidence", tuple(_CONFIDENCES))]
    if "ignored" in table:
        reading.word(table["ignored"], f"{where}.ignored", ("count",))
    severity = reading.word(table.get("severity"), f"{where}.severity", tuple(_SEVERITIES))
    return Limit(_SEVERITIES[severity], confidence, "ignored" in table)


def _check(limit: Limit, evidence: Evidence) -> tuple[Outcome, ...]:
    expected = str(limit)
    problems = [*scans.untold(evidence, expected=expected)]
    scan = scans.newest_scan(evidence)
    if scan is None:
        return settle(problems, expected=expected, found="")
    today = words.utc(evidence.now).date()
    against = [finding for finding in in_order(scan.findings) if _counts(finding, limit, today)]
    problems += (_problem(finding, today, expected) for finding in sorted(against, key=lambda item: -item.severity))
    problems += _run_out(scan, today, expected)
    return settle(problems, expected=expected, found=_found(scan))


def _counts(finding: Finding, limit: Limit, today: date) -> bool:
    accepted = finding.ignored is not None and not limit.accepted and finding.ignored.until >= today.isoformat()
    return finding.severity >= limit.severity and finding.confidence >= limit.confidence and not accepted


def _problem(finding: Finding, today: date, expected: str) -> Outcome:
    place = f", {finding.location}" if str(finding.location) else ""
    ended = ""
    if finding.ignored is not None and finding.ignored.until < today.isoformat():
        ended = f" (it was accepted until {words.shown(finding.ignored.until)})"
    found = f"{finding.severity.word}: {finding.rule} in {finding.path}{place}: {finding.message}"
    remedy = f"`assay explain {words.shown(finding.rule)}` says what to do."
    return Outcome(Verdict.FAILS, expected, f"{words.shown(found, longest=600)}{ended}", remedy)


def _run_out(scan: Scan, today: date, expected: str) -> Iterator[Outcome]:
    for item in scan.allowances:
        if item.until < today.isoformat():
            found = f"{scans.told(scan)} let {words.shown(item.name)} be called until {words.shown(item.until)}"
            yield Outcome(
                Verdict.UNKNOWN, expected, found, "Scan again and record the result: `assay scan PATH --record`."
            )


def _found(scan: Scan) -> str:
    accepted = sum(finding.ignored is not None for finding in scan.findings)
    parts = [f"{words.count(len(scan.findings), 'finding')} in {scans.told(scan)}"]
    parts += [f"{accepted} of them accepted"] if accepted else []
    parts += [f"{words.count(len(scan.unknown), 'part')} could not be told"] if scan.unknown else []
    return ", ".join(parts)


REQUIREMENT = Requirement("no_finding_at_or_above", _parse, _check, __doc__)
