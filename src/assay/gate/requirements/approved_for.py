"""People have approved exactly these bytes for an environment.

## What it demands

At least ``threshold`` identities (1 unless it is said) with the role approver, each counted once, have approved the
artifact's bytes for ``environment``, and none of these approvals has ended or been withdrawn. ``by`` names those who
count; without it everybody does whom the trust file lets approve. Whoever signed the artifact's own build does not
count, because nobody approves one's own work; ``own_work = true`` lets it count.

## Example

```toml
approved_for = { environment = "production", threshold = 2, by = ["ada", "grace", "bob"] }
```

## When it fails

Let the people who are named look at the artifact and run ``assay approve PATH --for ENVIRONMENT``, each with a key of
their own. Bytes that changed since they were approved take new approvals.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.core.errors import PolicyError
from assay.core.evidence import Evidence, SignOff
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

_KEYS = ("environment", "threshold", "by", "own_work")


@dataclass(frozen=True, slots=True)
class Demand:
    """``by`` is ``None`` for anybody who may approve."""

    environment: str
    threshold: int
    by: tuple[str, ...] | None
    own_work: bool


def _parse(value: object, where: str) -> Demand:
    table = reading.table(value, where)
    for key in table:
        if key not in _KEYS:
            raise reading.unknown_key(key, where, _KEYS)
    if "environment" not in table:
        raise PolicyError("the environment is missing", where=where, remedy='Write it like environment = "production".')
    by = reading.names(table["by"], f"{where}.by", example='["ada", "grace"]') if "by" in table else None
    threshold = table.get("threshold", 1)
    if isinstance(threshold, bool) or not isinstance(threshold, int) or not 1 <= threshold <= reading.MAX_ITEMS:
        raise PolicyError(
            f"this must be a whole number from 1 to {reading.MAX_ITEMS}",
            where=f"{where}.threshold",
            remedy="Write how many people have to approve.",
        )
    if by is not None and len(by) < threshold:
        raise PolicyError(
            f"{words.count(len(by), 'name')} can never be {threshold} approvals",
            where=f"{where}.by",
            remedy="Name more people, or lower the threshold.",
        )
    own_work = reading.switch(table["own_work"], f"{where}.own_work") if "own_work" in table else False
    return Demand(reading.name(table["environment"], f"{where}.environment"), threshold, by, own_work)


def _check(demand: Demand, evidence: Evidence) -> tuple[Outcome, ...]:
    among = "" if demand.by is None else f" of {words.listing(demand.by)}"
    people = "one" if demand.threshold == 1 else str(demand.threshold)
    expected = f"approved for {words.shown(demand.environment)} by {people}{among}"
    build = facts.own_build(evidence)
    if build is None and not demand.own_work:
        return facts.untold(evidence, expected=expected)
    counted: dict[str, SignOff] = {}
    passed_over: list[str] = []
    for approval in evidence.sign_offs:
        if approval.environment != demand.environment:
            continue
        if problem := _problem(approval, demand, evidence, builder=build.signer if build else ""):
            passed_over.append(problem)
        else:
            counted.setdefault(approval.signer, approval)
    told = [f"{words.shown(item.signer)} {words.clock(item.time)} (entry {item.entry})" for item in counted.values()]
    found = "; ".join([words.listing(told) if told else "nobody has", *passed_over])
    if len(counted) >= demand.threshold:
        return settle((), expected=expected, found=found)
    remedy = (
        f"Let more people run `assay approve {words.shown(evidence.name)} --for {words.shown(demand.environment)}`."
    )
    return (Outcome(Verdict.FAILS, expected, found, remedy),)


def _problem(approval: SignOff, demand: Demand, evidence: Evidence, *, builder: str) -> str:
    """Why an approval does not count; empty when it does."""
    who = f"{words.shown(approval.signer)} (entry {approval.entry})"
    if approval.until is not None and approval.until < words.utc(evidence.now).date():
        return f"{who} approved it until {approval.until}"
    if demand.by is not None and approval.signer not in demand.by:
        return f"{who} is not named"
    if approval.signer == builder and not demand.own_work:
        return f"{who} built it"
    return ""


REQUIREMENT = Requirement("approved_for", _parse, _check, __doc__)
