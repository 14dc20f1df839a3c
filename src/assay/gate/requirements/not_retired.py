"""Nobody has retired the artifact.

## What it demands

No identity with the role approver has said that these bytes must not be deployed any more: not of the artifact, not of
the folder that it was built in, not of a file in it. A retirement that cannot be verified, because its signer is
trusted no longer, leaves it untold: it is never taken for "may be deployed".

## Example

```toml
not_retired = true
```

## When it fails

Deploy the version that replaces it. If it was retired by mistake, somebody who may retire can undo it: ``assay retire
--undo ENTRY --reason "..."``.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core.evidence import Evidence
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

_EXPECTED = "nobody has retired it"


def _check(_: bool, evidence: Evidence) -> tuple[Outcome, ...]:
    problems = tuple(_problems(evidence))
    if not problems and facts.own_build(evidence) is None:
        return facts.untold(evidence, expected=_EXPECTED)  # the folder it was built in is not known either
    return settle(problems, expected=_EXPECTED, found="no retirement of these bytes is known")


def _problems(evidence: Evidence) -> Iterator[Outcome]:
    for item in evidence.retirements:
        if item.starts > words.utc(evidence.now):
            continue
        found = (
            f"{words.shown(item.subject.name)} {words.digest(item.subject.digest)} was retired by"
            f" {words.shown(item.signer)} {words.clock(item.starts)} (entry {item.entry}): {words.shown(item.reason)}"
        )
        other = f" {words.digest(item.replaced_by)}" if item.replaced_by else " a version that is not retired"
        yield Outcome(Verdict.FAILS, _EXPECTED, found, f"Deploy{other}.")
    for problem in evidence.rejected_retirements:
        found = f"entry {problem.entry} retires it and does not verify: {words.shown(problem.reason)}"
        remedy = "Let somebody with the role approver retire it again, or undo it with `assay retire --undo`."
        yield Outcome(Verdict.UNKNOWN, _EXPECTED, found, remedy)


REQUIREMENT = Requirement("not_retired", reading.switch, _check, __doc__)
