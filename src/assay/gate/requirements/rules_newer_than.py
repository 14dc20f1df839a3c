"""The artifact was inspected by recent rules.

## What it demands

The rules of the newest trusted scan of exactly these bytes are at most so many days old, or, for a date, are from that
day or later. New ways of hiding code are found all the time; what old rules passed has to be looked at again.

## Example

```toml
rules_newer_than = 90
```

## When it fails

Update assay, then scan the artifact again and record the result. Nothing has to be built again.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from assay.core.errors import PolicyError
from assay.core.evidence import Evidence, Scan
from assay.core.scan import rules_date
from assay.gate import reading, scans, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

#: Days of grace for zones and clocks: a day begins at different times.
_SKEW = timedelta(days=1)


def _parse(value: object, where: str) -> timedelta | date:
    if isinstance(value, datetime):
        raise PolicyError("this must be a day without a time", where=where, remedy="Write it like 2026-01-31.")
    return value if isinstance(value, date) else reading.days(value, where)


def _check(limit: timedelta | date, evidence: Evidence) -> tuple[Outcome, ...]:
    expected = (
        f"scanned by rules from {limit} or later"
        if isinstance(limit, date)
        else f"scanned by rules that are at most {words.age(limit)} old"
    )
    problems = [*scans.untold(evidence, expected=expected)]
    scan = scans.newest_scan(evidence)
    if scan is not None:
        problems += _problems(scan, limit, words.utc(evidence.now), expected)
    return settle(problems, expected=expected, found="" if scan is None else scans.told(scan))


def _problems(scan: Scan, limit: timedelta | date, now: datetime, expected: str) -> list[Outcome]:
    made, remedy = rules_date(scan.rules), "Update assay, then scan again and record the result."
    if made is None:
        found = f"{scans.told(scan)} does not say of which day its rules are"
        return [Outcome(Verdict.UNKNOWN, expected, found, remedy)]
    if made > now.date() and made - now.date() > _SKEW:
        found = f"{scans.told(scan)} says that its rules are from {made}, which is in the future"
        return [
            Outcome(Verdict.UNKNOWN, expected, found, "Set the clock right, then scan again and record the result.")
        ]
    old = made < limit if isinstance(limit, date) else now.date() - made > limit
    return [Outcome(Verdict.FAILS, expected, f"{scans.told(scan)} used rules from {made}", remedy)] if old else []


REQUIREMENT = Requirement("rules_newer_than", _parse, _check, __doc__)
