"""What the parts of a pickle's judgement share: where findings are put, what is allowed, what states were given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from assay.core.allowance import Allowance
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.values import Call, Result, Value
from assay.formats.pickle.view import Pickle
from assay.scan.pickles import wording
from assay.scan.rule import Hit

#: Looks at the arguments of a callable that is harmless only with some.
ArgumentRule = Callable[["Bench", str, tuple[Value, ...], Call], None]

#: Hits that one rule keeps for one view; more of them say nothing new.
MOST_HITS: Final = 100


@dataclass(slots=True)
class _Seen:
    hit: Hit
    count: int = 1


@dataclass(slots=True)
class Bench:
    """Where one pickle lies while it is judged.

    :param allowances: what an organisation allows for this file, by name
    :param hits: rule → what it is about → what was seen
    :param accounted: dotted names that need no word of their own any more
    :param states: what ``BUILD`` gave to a call's result, by the identity of that call
    :param dropped: rule → hits that were not kept
    :param running: identities of the calls that are being followed for the call at hand
    :param depth: calls inside calls that are being judged
    """

    view: Pickle
    allowances: dict[str, Allowance]
    hits: dict[str, dict[str, _Seen]] = field(default_factory=dict)
    accounted: set[str] = field(default_factory=set)
    states: dict[int, list[Value]] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    running: set[int] = field(default_factory=set)
    depth: int = 0

    def flag(
        self,
        rule: str,
        subject: str,
        message: str,
        offset: int | None,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
    ) -> None:
        """Remember a hit; the same subject is told once for each rule, with how often it was met."""
        kept = self.hits.setdefault(rule, {})
        seen = kept.get(subject)
        if seen is None:
            if len(kept) < MOST_HITS:
                kept[subject] = _Seen(Hit(message, offset, severity=severity, confidence=confidence))
            else:
                self.dropped[rule] = self.dropped.get(rule, 0) + 1
            return
        seen.count += 1
        if (severity or Severity.INFO) > (seen.hit.severity or Severity.INFO):
            seen.hit = Hit(message, offset, severity=severity, confidence=confidence)

    def flag_misuse(self, dotted: str, args: tuple[Value, ...], call: Call) -> None:
        """Remember that something is called in another way than it is known for."""
        self.flag(
            "pickle-unknown-call",
            dotted,
            f"calls {dotted}{wording.arguments(args)}, which is harmless with other arguments only",
            call.offset,
            Severity.HIGH,
        )

    def allowed(self, dotted: str, offset: int) -> bool:
        """Whether the organisation allows this name; says so, since an allowance stays visible."""
        allowance = self.allowances.get(dotted)
        if allowance is None:
            return False
        self.accounted.add(dotted)
        until = f" until {allowance.until}" if allowance.until else ""
        self.flag("pickle-allowed-callable", dotted, f"{dotted} is allowed{until}: {allowance.reason}", offset)
        return True

    def note_state(self, call: Call) -> None:
        """Remember the state that a result is given."""
        if isinstance(call.target, Result):
            self.states.setdefault(id(call.target.call), []).extend(call.args)

    def found(self, rule: str) -> tuple[Hit, ...]:
        """What one rule has to say, in the order of the file."""
        seen = self.hits.get(rule, {}).values()
        hits = [_counted(each) for each in seen]
        if more := self.dropped.get(rule):
            hits.append(Hit(f"{more:,} more of the kind are not shown"))
        return tuple(sorted(hits, key=lambda hit: (hit.offset is None, hit.offset or 0, hit.message)))


def _counted(seen: _Seen) -> Hit:
    if seen.count == 1:
        return seen.hit
    hit = seen.hit
    return Hit(f"{hit.message} ({seen.count:,} times)", hit.offset, severity=hit.severity, confidence=hit.confidence)
