"""What the parts of a pickle's judgement share: where findings are put, what is allowed, what states were given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from assay.core.allowance import Allowance
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.values import Call, Result, Value
from assay.formats.pickle.view import Pickle
from assay.scan.pickles import wording
from assay.scan.pickles.carried import Code
from assay.scan.pickles.names import is_hardly_text, is_no_text, is_python
from assay.scan.rule import Hit

#: Looks at the arguments of a callable that is harmless only with some.
ArgumentRule = Callable[["Bench", str, tuple[Value, ...], Call], None]

#: Rules that tell what nobody has read.
_UNKNOWN: Final = frozenset(("pickle-unknown-call", "pickle-unknown-class", "pickle-unknown-name"))
#: Hits of one severity that one rule keeps for one view; more of them say nothing new. By severity, since many harmless
#: things must not use up the room of the one that is not.
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
    :param modules: modules that ordinary code uses, as this pickle imports them for its functions: with what, and where
    :param carried: functions that the pickle carries as code, and where
    :param met: rule and severity → hits, those that were not kept among them
    :param running: identities of the calls that are being followed for the call at hand
    :param depth: calls inside calls that are being judged
    """

    view: Pickle
    allowances: dict[str, Allowance]
    hits: dict[str, dict[str, _Seen]] = field(default_factory=dict)
    accounted: set[str] = field(default_factory=set)
    states: dict[int, list[Value]] = field(default_factory=dict)
    modules: dict[str, tuple[str, int]] = field(default_factory=dict)
    carried: list[tuple[Code, int]] = field(default_factory=list)
    met: Counter[tuple[str, Severity | None]] = field(default_factory=Counter)
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
        if severity is not None and severity > Severity.LOW and rule in _UNKNOWN and self._is_overlaid(subject, offset):
            severity = Severity.LOW
        kept = self.hits.setdefault(rule, {})
        seen = kept.get(subject)
        if seen is None:
            self.met[rule, severity] += 1
            if self.met[rule, severity] <= MOST_HITS:
                kept[subject] = _Seen(Hit(message, offset, severity=severity, confidence=confidence))
            return
        seen.count += 1
        if (severity or Severity.INFO) > (seen.hit.severity or Severity.INFO):
            seen.hit = Hit(message, offset, severity=severity, confidence=confidence)

    def _is_overlaid(self, subject: str, offset: int | None) -> bool:
        """Whether this is what an honest array of objects looks like to a plain unpickler: names of its own, but those
        of the pickle around it for their modules.
        """
        return offset is not None and any(
            start <= offset < stop and (not is_python(subject) or subject.rpartition(".")[2] in names)
            for start, stop, names in self.view.overlaid
        )

    def ends_at(self, computed: tuple[Value, Value], offset: int) -> bool:
        """Whether an unpickler ends where it is to put together a name from these values."""
        overlaid = any(start <= offset < stop for start, stop, _ in self.view.overlaid)
        return any(is_no_text(each) or (overlaid and is_hardly_text(each)) for each in computed)

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
        for (other, severity), count in self.met.items():
            if other == rule and count > MOST_HITS:
                hits.append(Hit(f"{count - MOST_HITS:,} more of the kind are not shown", severity=severity))
        return tuple(sorted(hits, key=lambda hit: (hit.offset is None, hit.offset or 0, hit.message)))


def _counted(seen: _Seen) -> Hit:
    if seen.count == 1:
        return seen.hit
    hit = seen.hit
    return Hit(f"{hit.message} ({seen.count:,} times)", hit.offset, severity=hit.severity, confidence=hit.confidence)
