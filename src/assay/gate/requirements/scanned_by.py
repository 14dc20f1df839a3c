"""Somebody who may has inspected exactly these bytes.

## What it demands

The newest scan of the artifact's bytes is signed by one of the identities listed; ``true`` stands for any identity
that the trust file lets scan. It says who looked; ``no_finding_at_or_above``, ``fully_covered`` and
``rules_newer_than`` say what has to have come of it.

## Example

```toml
scanned_by = ["security"]
```

## When it fails

Scan the artifact as it is now and record the result, with the key of an identity that the policy names: ``assay scan
PATH --record``. A newer scan by somebody else stands in the way of an older one by the right identity.
"""

from __future__ import annotations

from assay.core.evidence import Evidence
from assay.gate import reading, scans, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

#: ``None`` means any trusted identity.
Identities = tuple[str, ...] | None


def _parse(value: object, where: str) -> Identities:
    if isinstance(value, bool):
        reading.switch(value, where)
        return None
    return reading.names(value, where, example='["security"], or true')


def _check(allowed: Identities, evidence: Evidence) -> tuple[Outcome, ...]:
    expected = f"scanned by {'a trusted identity' if allowed is None else words.listing(allowed)}"
    problems = [*scans.untold(evidence, expected=expected)]
    scan = scans.newest_scan(evidence)
    if scan is not None and (not scan.signer or (allowed is not None and scan.signer not in allowed)):
        remedy = "Let an identity that the policy names scan it and record the result."
        found = f"the newest is {scans.told(scan)}"
        problems.append(Outcome(Verdict.FAILS, expected, found, remedy))
    return settle(problems, expected=expected, found="" if scan is None else scans.told(scan))


REQUIREMENT = Requirement("scanned_by", _parse, _check, __doc__)
