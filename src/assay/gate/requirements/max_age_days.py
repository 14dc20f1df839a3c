"""The evidence is recent.

## What it demands

Every build in the artifact's chain, and the newest evaluation of each stage that evaluated it, finished at most so
many days ago; fractions are allowed. Evidence that claims to be from the future, beyond five minutes for clocks that
differ, does not count: its real age is unknown.

## Example

```toml
max_age_days = 30
```

## When it fails

Run the stage that is too old, and every stage after it. If a time lies in the future, set the clock of the machine
that wrote it, or of this one, and run that stage again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from assay.core.evidence import Build, Evaluation, Evidence
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle


def _check(limit: timedelta, evidence: Evidence) -> tuple[Outcome, ...]:
    expected = f"every build and evaluation is at most {words.age(limit)} old"
    runs: tuple[Build | Evaluation, ...] = (*facts.chain(evidence), *facts.newest_evaluations(evidence))
    problems = [*facts.untold(evidence, expected=expected)]
    problems += _problems(runs, limit, words.utc(evidence.now), expected)
    oldest = min((words.utc(run.finished) for run in runs), default=None)
    found = "" if oldest is None else f"the oldest is from {words.clock(oldest)}"
    return settle(problems, expected=expected, found=found)


def _problems(
    runs: tuple[Build | Evaluation, ...], limit: timedelta, now: datetime, expected: str
) -> Iterator[Outcome]:
    for run in runs:
        what = f"the {'evaluation' if isinstance(run, Evaluation) else 'build'} by {words.run(run)}"
        stage, finished = words.shown(run.stage), words.utc(run.finished)
        latest = max(finished, words.utc(run.started)) if isinstance(run, Build) else finished
        if latest - now > facts.CLOCK_SKEW:
            found = f"{what} says that it ran {words.clock(latest)}, which is in the future"
            yield Outcome(Verdict.UNKNOWN, expected, found, f"Set the clocks right, then run stage {stage} again.")
        elif now - finished > limit:
            found = f"{what} is {words.age(now - finished)} old"
            yield Outcome(Verdict.FAILS, expected, found, f"Run stage {stage} again, then every stage after it.")


REQUIREMENT = Requirement("max_age_days", reading.days, _check, __doc__)
