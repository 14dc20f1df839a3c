"""The evaluations that count were signed by somebody who may judge.

## What it demands

There is an evaluation of the artifact or of a product that it is made from, and of every stage that evaluated it the
newest one is signed by one of the identities listed. It says who judged; ``evaluation`` says how the judgement has to
be.

## Example

```toml
evaluated_by = ["model-risk"]
```

## When it fails

Let an identity that the policy names run the evaluation. A newer evaluation by somebody else stands in the way of an
older one by the right identity, because the newest one counts.
"""

from __future__ import annotations

from assay.core.evidence import Evidence
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle


def _parse(value: object, where: str) -> tuple[str, ...]:
    return reading.names(value, where, example='["ml-team"]')


def _check(allowed: tuple[str, ...], evidence: Evidence) -> tuple[Outcome, ...]:
    expected = f"evaluated by {words.listing(allowed)}"
    newest = facts.newest_evaluations(evidence)
    remedy = f"Let {' or '.join(allowed)} run the evaluation."
    problems = [*facts.untold(evidence, expected=expected)]
    if not newest:
        found = f"no trusted evaluation of {words.shown(evidence.name)} or of what it is made from"
        problems.append(Outcome(Verdict.UNKNOWN, expected, found, remedy))
    problems += (
        Outcome(
            Verdict.FAILS,
            expected,
            f"the newest evaluation, {words.run(item)}, is signed by {words.shown(item.signer)}",
            remedy,
        )
        for item in newest
        if item.signer not in allowed
    )
    found = words.listing(f"{words.run(item)} by {words.shown(item.signer)}" for item in newest)
    return settle(problems, expected=expected, found=found)


REQUIREMENT = Requirement("evaluated_by", _parse, _check, __doc__)
