"""Look at one file and everything inside it: recognise, read, judge; account for every part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Final

from assay.core.allowance import Allowance
from assay.core.errors import FormatError
from assay.core.finding import Finding, Location, Outcome, Severity, Unknown
from assay.core.scan import in_order
from assay.formats.budget import Budget, LimitReached
from assay.formats.catalogue import BY_NAME, recognise
from assay.formats.pickle.view import Pickle
from assay.formats.signature import Claim, Head, Signature
from assay.formats.source import Source
from assay.formats.view import Bomb, Contrived, Fact, Member, NotThisFormat, Tensor, View
from assay.scan.named import Named
from assay.scan.rule import Hit, Rule
from assay.scan.rules import rules_for

#: Findings of one rule and severity in one file that are told one by one; the rest is counted.
TOLD: Final = 50
#: Reasons of one file that are told one by one; the rest is counted.
REASONS: Final = 100
#: Between a member and what lies inside it, in a :class:`Location`.
INSIDE: Final = "!"
_CONTAINERS: Final = "assay.formats.archive."
_NONE: Final = frozenset[str]()


class Inspector:
    """Collects what is found in one file.

    :param path: the file's name in findings
    :param budget: what the file may cost, with all that is inside it
    :param allowances: what is allowed although no list of ours has it
    """

    def __init__(self, path: str, budget: Budget, allowances: tuple[Allowance, ...] = ()) -> None:
        self.path = path
        self.budget = budget
        self.allowances = allowances
        self.unrecognised = False
        self._lesser = False
        self._salvaging = False
        self.facts: list[Fact] = []
        self._findings: dict[tuple[str, Location, str], Finding] = {}
        # By severity, too: many harmless things must not use up the room of the one that is not.
        self._told: Counter[tuple[str, Severity]] = Counter()
        self._unknown: dict[tuple[str, Location], Unknown] = {}

    def inspect(self, source: Source, name: str, expected: tuple[str, ...] = ()) -> tuple[Outcome, tuple[str, ...]]:
        """Look at the file itself; gives what became of it and the names of its formats.

        Afterwards :attr:`findings`, :attr:`unknown` and :attr:`facts` hold what was found.
        """
        formats = self._look(source, name, "", expected)
        self.unrecognised = formats is None
        if self._unknown or formats is None:
            return Outcome.UNKNOWN, tuple(signature.name for signature in formats or ())
        harmless = all(signature.harmless for signature in formats) and not self._findings
        return Outcome.HARMLESS if harmless else Outcome.INSPECTED, tuple(signature.name for signature in formats)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, by place; of a rule that fired very often, the first ones and how many more."""
        found = list(self._findings.values())
        for kind, count in self._told.items():
            if count > TOLD:
                last = next(finding for finding in reversed(found) if (finding.rule, finding.severity) == kind)
                found.append(replace(last, location=Location(), message=f"and {count - TOLD:,} more of the same"))
        return tuple(in_order(found))

    @property
    def unknown(self) -> tuple[Unknown, ...]:
        """What could not be told, in the order it was met."""
        return tuple(self._unknown.values())

    def cannot_tell(self, reason: str, location: Location | None = None) -> None:
        """Remember something that could not be told."""
        location = location or Location()
        if len(self._unknown) < REASONS:
            self._unknown.setdefault((reason, location), Unknown(self.path, reason, location))
        else:
            self._unknown[("more", Location())] = Unknown(
                self.path, "and more parts that could not be read", Location()
            )

    def _look(
        self, source: Source, name: str, place: str, expected: tuple[str, ...], *, required: bool = True
    ) -> tuple[Signature, ...] | None:
        """Read the bytes as every format they might be; ``None`` when none of them fits."""
        if source.size == 0:
            return ()
        head = Head(source, name)
        views, failed = self._read(head, expected, place)
        superseded = _NONE.union(*[signature.supersedes for signature, _ in views])
        covered = _NONE.union(*[view.covers() for _, view in views])
        outer = self._lesser
        for signature, view in views:
            self._lesser = outer or signature.name in superseded
            required = signature.module.startswith(_CONTAINERS)
            self._judge(signature, view, place, covered if required else None)
        self._lesser = outer
        if failed or (required and not views) or any(view.problems for _, view in views):
            self._salvage(source, place)
        formats = tuple(signature for signature, _ in views if signature.name not in superseded)
        self._check(Named(name, head.suffix, tuple(views)), place)
        if not formats and required and not failed:
            self.cannot_tell(f"no known format: starts with {head.start[:8].hex(' ')}", Location(place))
        return formats or None

    def _read(self, head: Head, expected: tuple[str, ...], place: str) -> tuple[list[tuple[Signature, View]], bool]:
        """Every reading of the bytes that succeeded, and whether one failed that ought to have."""
        claims = dict(recognise(head))
        for name in expected:
            claims.setdefault(BY_NAME[name], Claim.PLAUSIBLE)
        views: list[tuple[Signature, View]] = []
        doubtful: list[tuple[Signature, FormatError]] = []
        failed = False
        for signature, claim in claims.items():
            try:
                views.append((signature, signature.read(head.source, self.budget, head.name)))
            except NotThisFormat:
                continue
            except FormatError as error:
                if claim is Claim.CERTAIN or isinstance(error, LimitReached):
                    self._stopped(signature, error, place)
                    failed = True
                else:
                    doubtful.append((signature, error))
            except Exception as error:  # one file must never end the scan: it is told, not passed over
                self._broke(f"the {signature.name} reader", error, place)
                failed = True
        if all(signature.harmless for signature, _ in views):
            for signature, problem in doubtful:
                self._stopped(signature, problem, place)
            failed = failed or bool(doubtful)
        return views, failed

    def _judge(self, signature: Signature, view: View, place: str, covered: frozenset[str] | None) -> None:
        """Look into what the view holds, then apply its rules: they may ask for what that look found.

        :param covered: members whose content another view of the same bytes knows; ``None`` when none has to be known
        """
        try:
            for member in view.members():
                self._inside(member, place, required=covered is not None and member.name not in covered)
            tensors = view.tensors()
            first = next(tensors, None)
            if first is not None:
                self._numbers(chain([first], tensors), place)
            for part in view.parts():
                self._judge(signature, part, place, None)
        except FormatError as error:
            view.note(error)
        except Exception as error:  # as above
            self._broke(f"the {signature.name} reader", error, place)
        self._conclude(view, place)

    def _salvage(self, source: Source, place: str) -> None:
        """Name what is hidden in bytes that were not understood to their end."""
        if self._salvaging:
            return
        from assay.scan.salvage import hidden_in  # noqa: PLC0415 - NumPy takes long to import

        self._salvaging = True
        try:
            for member in hidden_in(source, self.budget):
                self._inside(member, place, required=False)
        except FormatError as error:
            self.cannot_tell(_reason(error.what, error.offset), Location(place, error.offset))
        finally:
            self._salvaging = False

    def _numbers(self, tensors: Iterable[Tensor], place: str) -> None:
        from assay.scan.weights import Weights  # noqa: PLC0415 - NumPy takes long to import, and most files have none

        weights = Weights(tensors, self.budget)
        try:
            for member in weights.members():
                self._inside(member, place, required=False)
        except LimitReached as error:
            weights.note(error)
        self._conclude(weights, place)

    def _conclude(self, view: View, place: str) -> None:
        if self.allowances and isinstance(view, Pickle):
            from assay.scan.pickles.judgement import judge  # noqa: PLC0415 - only pickles need it

            judge(view, self.allowances)
        self._check(view, place)
        if self._lesser:
            return
        for problem in view.problems:
            self.cannot_tell(_reason(problem.what, problem.offset), Location(place, problem.offset))
            if problem.contrived:
                self._check(Bomb(problem.what, problem.offset), place)
        self.facts.extend(view.facts())

    def _inside(self, member: Member, place: str, *, required: bool) -> None:
        inner = f"{place}{INSIDE}{member.name}" if place else member.name
        if self.budget.depth >= self.budget.limits.depth:
            limit = f"LIMIT depth ({self.budget.limits.depth})"
            self.cannot_tell(limit, Location(inner, member.offset))
            self._check(Bomb(limit, member.offset), place)
            return
        self.budget.depth += 1
        try:
            self.budget.check_time(member.offset)
            self._look(member.source, member.name.rpartition("/")[2], inner, member.expected, required=required)
        finally:
            self.budget.depth -= 1

    def _check(self, view: View, place: str) -> None:
        idle = isinstance(view, Pickle) and view.idle
        for rule in rules_for(view.kind, calls=not idle):
            try:
                for hit in rule.check(view):
                    self._hit(rule, hit, place)
            except FormatError as error:
                view.note(error)
            except Exception as error:  # as above
                self._broke(f"rule {rule.id}", error, place)

    def _hit(self, rule: Rule, hit: Hit, place: str) -> None:
        finding = finding_of(rule, hit, self.path, place)
        key = (finding.rule, finding.location, finding.message)
        if key in self._findings or (self._lesser and finding.severity < Severity.MEDIUM):
            return
        kind = finding.rule, finding.severity
        self._told[kind] += 1
        if self._told[kind] <= TOLD:
            self._findings[key] = finding

    def _stopped(self, signature: Signature, error: FormatError, place: str) -> None:
        reason = f"as {signature.title}: {_reason(error.what, error.offset)}"
        self.cannot_tell(reason, Location(place, error.offset))
        if isinstance(error, Contrived):
            self._check(Bomb(error.what, error.offset), place)

    def _broke(self, part: str, error: Exception, place: str) -> None:
        self.cannot_tell(f"{part} failed: {type(error).__name__}; please report this file", Location(place))


def finding_of(rule: Rule, hit: Hit, path: str, place: str) -> Finding:
    """The finding for what a rule saw at a place of a file."""
    member = INSIDE.join(part for part in (place, hit.member) if part)
    return Finding(
        rule=rule.id,
        severity=rule.severity if hit.severity is None else hit.severity,
        confidence=rule.confidence if hit.confidence is None else hit.confidence,
        path=path,
        location=Location(member, hit.offset, hit.line),
        message=hit.message,
        remedy=rule.remedy,
        threats=rule.threats,
    )


def _reason(what: str, offset: int | None) -> str:
    return what if offset is None else f"{what} at byte {offset:,}"
