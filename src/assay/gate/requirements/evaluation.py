"""The artifact was evaluated, passed, and its metrics are good enough.

## What it demands

Of every stage that evaluated the artifact, or a product that it is made from, the newest evaluation counts, by its
place in the ledger; it must have ``PASSED``. A newer ``FAILED`` is not outweighed by an older ``PASSED``. A list of
demands on metrics, as ``metric >= number`` with ``>=``, ``<=``, ``>``, ``<`` or ``==``: each metric is reported by
one of those evaluations at least, and holds in all that report it. ``"passed"``: one evaluation at least, whatever it
measured. ``"passed_if_any"``: as ``"passed"``, but none at all will do.

## Example

```toml
evaluation = ["roc_auc >= 0.75", "accuracy >= 0.8"]
```

## When it fails

If nothing was evaluated, run the stage that does. If a metric falls short, mend the model or, with a reason, the
policy; evaluating the same bytes again only helps if the evaluation was at fault. A rejected statement that nothing
newer replaced might have been an evaluation, so it leaves this requirement unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from assay.core.errors import PolicyError
from assay.core.evidence import Evaluation, Evidence
from assay.core.threshold import Threshold, parse_threshold
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

_PASSED, _PASSED_IF_ANY = "passed", "passed_if_any"
_EXAMPLE = '["roc_auc >= 0.75"]'


@dataclass(frozen=True, slots=True)
class Wanted:
    """``optional`` when no evaluation at all will do."""

    thresholds: tuple[Threshold, ...] = ()
    optional: bool = False

    def __str__(self) -> str:
        if self.thresholds:
            return f"evaluated, newest evaluation passed, {words.listing(map(str, self.thresholds))}"
        return "newest evaluation passed, if there is any" if self.optional else "evaluated, newest evaluation passed"


def _parse(value: object, where: str) -> Wanted:
    if isinstance(value, str):
        return Wanted(optional=reading.word(value, where, (_PASSED, _PASSED_IF_ANY)) == _PASSED_IF_ANY)
    thresholds: list[Threshold] = []
    for index, item in enumerate(reading.items(value, where, example=f'{_EXAMPLE}, or "{_PASSED}"')):
        place = f"{where}[{index}]"
        threshold = _threshold(item, place)
        if threshold in thresholds:
            raise PolicyError("this stands twice in one list", where=place, remedy="Remove one of the two.")
        thresholds.append(threshold)
    return Wanted(tuple(thresholds))


def _threshold(value: object, where: str) -> Threshold:
    text = reading.text(value, where)
    try:
        return parse_threshold(text)
    except ValueError as error:
        raise PolicyError(
            f"{words.shown(text)} is no demand on a metric, with a finite number",
            where=where,
            remedy=f"Write it like {_EXAMPLE}.",
        ) from error


def _check(wanted: Wanted, evidence: Evidence) -> tuple[Outcome, ...]:
    expected, newest = str(wanted), facts.newest_evaluations(evidence)
    problems = [*facts.untold(evidence, expected=expected)]
    problems += _rejected(evidence, expected)
    if not newest and not wanted.optional:
        found = f"no trusted evaluation of {words.shown(evidence.name)} or of what it is made from"
        problems.append(Outcome(Verdict.UNKNOWN, expected, found, "Run the stage that evaluates it."))
    problems += (_not_passed(item, expected) for item in newest if item.result != "PASSED")
    for threshold in wanted.thresholds:
        problems += _measured(threshold, newest, expected)
    return settle(problems, expected=expected, found=_found(wanted, newest))


def _rejected(evidence: Evidence, expected: str) -> Iterator[Outcome]:
    entries = [str(item.entry) for item in facts.standing_rejections(evidence)]
    if entries:
        yield Outcome(
            Verdict.UNKNOWN,
            expected,
            f"a rejected statement might be a newer evaluation (entry {words.listing(entries)})",
            "See why it was rejected (`provenance` says so), and run its stage again.",
        )


def _not_passed(item: Evaluation, expected: str) -> Outcome:
    failed = f": {words.listing(item.failed)}" if item.failed else ""
    found = f"the newest evaluation, {words.run(item)}, is {words.shown(item.result)}{failed}"
    return Outcome(Verdict.FAILS, expected, found, "Mend what the evaluation found, then build and evaluate again.")


def _measured(threshold: Threshold, newest: tuple[Evaluation, ...], expected: str) -> Iterator[Outcome]:
    reported = [item for item in newest if threshold.metric in item.metrics]
    if newest and not reported:
        known = sorted({metric for item in newest for metric in item.metrics})
        found = f"no evaluation reports {threshold.metric}; reported: {words.listing(known) or 'no metric'}"
        yield Outcome(Verdict.UNKNOWN, expected, found, f"Let the evaluation report {threshold.metric}.")
    for item in reported:
        value = item.metrics[threshold.metric]
        if not math.isfinite(value):
            found = f"{threshold.metric} is {value} in {words.run(item)}, which is no measurement"
            yield Outcome(Verdict.UNKNOWN, expected, found, "Mend the evaluation, then run it again.")
        elif not threshold.holds(value):
            found = f"{threshold.metric} is {value:g} in {words.run(item)}; {threshold} is demanded"
            yield Outcome(Verdict.FAILS, expected, found, "Mend the model, then build and evaluate it again.")


def _found(wanted: Wanted, newest: tuple[Evaluation, ...]) -> str:
    if not newest:
        return "there is no evaluation"
    told = []
    for item in newest:
        asked = [threshold.metric for threshold in wanted.thresholds if threshold.metric in item.metrics]
        values = words.listing(f"{metric} {item.metrics[metric]:g}" for metric in dict.fromkeys(asked))
        told.append(f"{words.run(item)} passed{' with ' if values else ''}{values}")
    return words.listing(told)


REQUIREMENT = Requirement("evaluation", _parse, _check, __doc__)
