"""What one requirement of a policy is, and the three answers it can give."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from assay.core.evidence import Evidence


class Verdict(StrEnum):
    """An answer: yes, no, or that verified evidence is missing to tell.

    Only ``HOLDS`` allows. ``UNKNOWN`` is kept apart from ``FAILS`` for the sake of ``not``: that something could not
    be told is no proof of its opposite.
    """

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer in plain words; the fields are those of :class:`assay.core.decision.Check`."""

    verdict: Verdict
    expected: str
    found: str
    remedy: str = ""


Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Requirement(Generic[Value]):
    """A key that a policy may use.

    ``parse`` reads what stands behind the key, given as TOML value and as the place to name in a ``PolicyError``.
    ``check`` compares it with the evidence: one ``HOLDS``, or one outcome for each thing that is wrong or unknown; it
    never raises. ``doc`` is the module's docstring with the headings that the reference is made of.
    """

    name: str
    parse: Callable[[object, str], Value]
    check: Callable[[Value, Evidence], tuple[Outcome, ...]]
    doc: str = field(repr=False)


def settle(problems: Iterable[Outcome], *, expected: str, found: str) -> tuple[Outcome, ...]:
    """The problems if there are any, else one ``HOLDS`` that says what satisfied the requirement."""
    return tuple(problems) or (Outcome(Verdict.HOLDS, expected, found),)


def whole(outcomes: Iterable[Outcome]) -> Verdict:
    """The verdict of one requirement: one thing unknown leaves all of it unknown, and so does no answer at all."""
    verdicts = {outcome.verdict for outcome in outcomes}
    if not verdicts or Verdict.UNKNOWN in verdicts:
        return Verdict.UNKNOWN
    return Verdict.FAILS if Verdict.FAILS in verdicts else Verdict.HOLDS
