"""Laws of the gate on evidence that nobody would write by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import reduce

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from assay.core.allowance import Allowance
from assay.core.artifact import Artifact
from assay.core.digest import DIR_HASH, GIT_COMMIT, SHA256, Digest
from assay.core.evidence import (
    Approval,
    Build,
    Evaluation,
    Evidence,
    Found,
    Material,
    MaterialKind,
    Rejected,
    Scan,
    Source,
)
from assay.core.finding import Confidence, Finding, Ignored, Location, Outcome, Scanned, Severity, Unknown
from assay.core.manifest import Comparison
from assay.core.statement import Subject
from assay.gate import decide, parse_policy

Change = Callable[[Evidence], Evidence]

# Few values, so that names, digests and entries meet; among them some that are empty or hostile.
_names = st.sampled_from(["model", "model/a", "data", "train", "prepare", "", "a/../b", "\x1b[2J", "\udcff"])
_digests = st.builds(Digest, st.sampled_from([SHA256, DIR_HASH]), st.sampled_from(["0" * 64, "1" * 64]))
_entries = st.integers(-1, 6)
_zones = st.sampled_from([None, UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
_near = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 3), timezones=_zones)
_times = st.one_of(_near, st.datetimes(timezones=_zones), st.sampled_from([datetime.min, datetime.max]))
_subjects = st.lists(st.builds(Subject, _names, _digests), max_size=3).map(tuple)
_materials = st.lists(st.builds(Material, _names, _digests, st.sampled_from(MaterialKind)), max_size=3).map(tuple)
_sources = st.none() | st.builds(Source, st.just(Digest(GIT_COMMIT, "a" * 40)), st.booleans())
_metrics = st.dictionaries(st.sampled_from(["roc_auc", "loss", "\n"]), st.floats(), max_size=2)
_builds = st.builds(
    Build,
    entry=_entries,
    stage=_names,
    signer=st.sampled_from(["ml-team", "ci", ""]),
    subjects=_subjects,
    outputs=_subjects,
    materials=_materials,
    source=_sources,
    isolation=st.lists(st.sampled_from(["network", "filesystem", "environment"]), max_size=3).map(tuple),
    started=_times,
    finished=_times,
    metrics=_metrics,
)
_evaluations = st.builds(
    Evaluation,
    entry=_entries,
    stage=_names,
    signer=st.sampled_from(["ml-team", ""]),
    subjects=_subjects,
    result=st.sampled_from(["PASSED", "FAILED", "WARNED", ""]),
    failed=st.lists(_names, max_size=2).map(tuple),
    metrics=_metrics,
    finished=_times,
)
_days = st.sampled_from(["2025-12-31", "2026-01-02", "9999-12-31"])
_places = st.builds(Location, _names, st.none() | st.integers(0, 9), st.none() | st.integers(1, 9))
_found_by_scan = st.builds(
    Finding,
    rule=_names,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    path=_names,
    location=_places,
    message=_names,
    ignored=st.none() | st.builds(Ignored, _names, _days),
)
_scanned = st.builds(Scanned, _names, st.just(()), st.none() | _digests, st.just(1), st.sampled_from(Outcome))
_scans = st.builds(
    Scan,
    entry=_entries,
    signer=st.sampled_from(["security", "ci", ""]),
    subject=st.builds(Subject, _names, _digests),
    tool=st.just("1"),
    rules=st.sampled_from(["2026-01-01+01234567", "9999-12-31+01234567", "new", "\x1b[2J"]),
    findings=st.lists(_found_by_scan, max_size=2).map(tuple),
    unknown=st.lists(st.builds(Unknown, _names, _names, _places), max_size=2).map(tuple),
    files=st.lists(_scanned, max_size=2).map(tuple),
    allowances=st.lists(st.builds(Allowance, _names, _names, _days), max_size=1).map(tuple),
    finished=_times,
)
_paths = st.lists(_names, max_size=2).map(tuple)
_found = st.builds(
    Found,
    name=_names,
    digest=st.none() | _digests,
    problem=st.sampled_from(["", "is a symbolic link to x"]),
    comparison=st.none() | st.builds(Comparison, _paths, _paths, _paths),
)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Evidence of any kind; half of the time with a build that fits the artifact, so that more is looked at."""
    name, digest = draw(_names), draw(_digests)
    build = draw(st.none() | _builds)
    chain = tuple(draw(st.lists(_builds, max_size=3)))
    if build is not None and draw(st.booleans()):
        made = (Subject(name, digest), *build.subjects)
        build = Build(**{field: getattr(build, field) for field in Build.__slots__} | {"subjects": made})
        chain = (build, *chain)
    return Evidence(
        name=name,
        now=draw(_times),
        artifact=draw(st.none() | st.just(Artifact(name, digest, 1))),
        refused=draw(st.sampled_from(["", "", "it changed while it was read"])),
        build=build,
        chain=chain,
        unexplained=tuple((build, item) for item in draw(_materials)) if build is not None else (),
        latest=draw(st.none() | _builds),
        evaluations=tuple(draw(st.lists(_evaluations, max_size=3))),
        approved=tuple(
            draw(
                st.lists(
                    st.tuples(
                        st.builds(Approval, _entries, _names, st.builds(Subject, _names, _digests), _digests, _times),
                        st.none() | _builds,
                    ),
                    max_size=2,
                )
            )
        ),
        rejected=tuple(draw(st.lists(st.builds(Rejected, _entries, _names, _names), max_size=2))),
        found=draw(st.dictionaries(_names, _found, max_size=4)),
        checkout=draw(_sources),
        pipeline=tuple(draw(st.lists(_names, max_size=3, unique=True))),
        ledger_problem=draw(st.sampled_from(["", "", "entry 3 was altered"])),
        configured=draw(st.booleans()),
        scans=tuple(draw(st.lists(_scans, max_size=2))),
        rejected_scans=tuple(draw(st.lists(st.builds(Rejected, _entries, _names, _names), max_size=1))),
    )


def _every(**fields: object) -> Change:
    def change(loan: Evidence) -> Evidence:
        chain = tuple(replace(build, **fields) for build in loan.chain)  # type: ignore[arg-type]
        return replace(loan, chain=chain, build=chain[0] if chain else loan.build)

    return change


def _without(index: int) -> Change:
    return lambda loan: replace(loan, chain=loan.chain[:index] + loan.chain[index + 1 :])


def _evaluated(**fields: object) -> Change:
    return lambda loan: replace(
        loan,
        evaluations=tuple(replace(item, **fields) for item in loan.evaluations),  # type: ignore[arg-type]
    )


# Small steps away from an honest pipeline: a wild evidence is nearly always denied, and laws are about both sides.
_changes: st.SearchStrategy[list[Change]] = st.lists(
    st.one_of(
        st.integers(0, 3).map(_without),
        st.sampled_from(
            [
                _every(signer="ci"),
                _every(signer=""),
                _every(isolation=()),
                _every(source=None),
                _every(source=Source(Digest(GIT_COMMIT, "a" * 40), dirty=True)),
                _evaluated(result="FAILED"),
                _evaluated(entry=9, signer="ci"),
                _evaluated(metrics={"roc_auc": 0.1}),
                lambda loan: replace(loan, now=loan.now + timedelta(days=3)),
                lambda loan: replace(loan, now=loan.now - timedelta(days=3)),
                lambda loan: replace(loan, build=None, chain=()),
                lambda loan: replace(loan, evaluations=()),
                lambda loan: replace(loan, found={}),
                lambda loan: replace(loan, found={name: Found(name, None) for name in loan.found}),
                lambda loan: replace(loan, checkout=None),
                lambda loan: replace(loan, pipeline=()),
                lambda loan: replace(loan, pipeline=(), configured=False),
                lambda loan: replace(loan, rejected=(Rejected(8, "train", "forged"),)),
                lambda loan: replace(loan, scans=()),
                lambda loan: replace(loan, scans=(replace(loan.scans[0], signer="ci"),)),
                lambda loan: replace(loan, scans=(replace(loan.scans[0], files=(), findings=()),)),
                lambda loan: replace(loan, scans=(replace(loan.scans[0], rules="new"),)),
                lambda loan: replace(loan, rejected_scans=(Rejected(9, "", "forged"),)),
                lambda loan: replace(loan, ledger_problem="entry 3 was altered"),
                lambda loan: replace(loan, artifact=None, refused="a link"),
            ]
        ),
    ),
    max_size=2,
)


@st.composite
def cases(draw: st.DrawFn) -> Change:
    """What to make of the honest pipeline: something near it, or something else altogether."""
    if draw(st.integers(0, 3)) == 0:
        wild = draw(evidences())
        return lambda loan: wild
    changes = draw(_changes)
    return lambda loan: reduce(lambda evidence, change: change(evidence), changes, loan)


_leaves = st.sampled_from(
    [
        "signed_by = true",
        'signed_by = ["ml-team"]',
        'provenance = "complete"',
        'stages = "declared"',
        'stages = ["prepare", "train"]',
        'evaluation = ["roc_auc >= 0.5"]',
        'evaluation = "passed"',
        'evaluation = "passed_if_any"',
        'evaluated_by = ["ml-team"]',
        "max_age_days = 1",
        "max_age_days = 36500",
        "newest = true",
        'intact = "present"',
        'intact = "all"',
        'code = "unchanged"',
        'code = "committed"',
        "isolated = true",
        'isolated = ["train"]',
        "scanned_by = true",
        'scanned_by = ["security"]',
        'no_finding_at_or_above = "info"',
        'no_finding_at_or_above = "medium"',
        "fully_covered = true",
        "rules_newer_than = 30",
        "rules_newer_than = 2026-02-01",
    ]
)
_tables = st.lists(_leaves, min_size=1, max_size=3, unique_by=lambda line: line.split(" = ")[0]).map(", ".join)
# The same table twice is refused, whatever the order of its keys.
_choices = st.lists(_tables, min_size=1, max_size=2, unique_by=lambda table: frozenset(table.split(", ")))
_lines = st.one_of(
    _leaves,
    _tables.map(lambda table: f"not = {{ {table} }}"),
    _choices.map(lambda found: f"any = [{{ {' }, { '.join(found)} }}]"),
    _choices.map(lambda found: f"all = [{{ {' }, { '.join(found)} }}]"),
)
_demands = st.lists(_lines, min_size=1, max_size=4, unique_by=lambda line: line.split(" = ")[0])
_law = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def allows(lines: list[str], evidence: Evidence) -> bool:
    text = 'version = 1\nname = "law"\n[require]\n' + "\n".join(lines)
    decision = decide(parse_policy(text.encode(), where="law.toml"), evidence)
    assert decision.allowed == all(check.passed for check in decision.checks)
    assert len(decision.checks) > 2
    for check in decision.checks:
        assert check.expected and check.found, check
        assert check.passed or check.remedy, check
        assert (check.expected + check.found + check.remedy).isprintable(), check
    if decision.allowed:
        assert evidence.artifact is not None
        assert not evidence.refused
        assert not evidence.ledger_problem
    return decision.allowed


@_law
@given(_demands, cases())
def test_deciding_never_raises_and_allows_only_if_every_check_passed(
    loan: Evidence, lines: list[str], case: Change
) -> None:
    """Whatever the ledger holds, the gate comes to a decision, and each reason is complete and printable."""
    allows(lines, case(loan))


@_law
@given(_demands, cases(), st.data())
def test_one_more_requirement_never_turns_a_denial_into_an_allowance(
    loan: Evidence, lines: list[str], case: Change, data: st.DataObject
) -> None:
    """A longer policy is a stricter one."""
    fewer = data.draw(st.lists(st.sampled_from(lines), min_size=1, unique=True))
    if allows(lines, case(loan)):
        assert allows(fewer, case(loan))


@_law
@given(_tables, cases())
def test_a_demand_and_its_opposite_never_both_hold(loan: Evidence, table: str, case: Change) -> None:
    """And where neither is known, neither does."""
    assert not (allows([f"all = [{{ {table} }}]"], case(loan)) and allows([f"not = {{ {table} }}"], case(loan)))


@_law
@given(_tables, _tables, cases())
def test_any_holds_if_and_only_if_one_of_its_tables_does(loan: Evidence, first: str, second: str, case: Change) -> None:
    """A choice is never more than the best of its parts."""
    assume(sorted(first.split(", ")) != sorted(second.split(", ")))  # the same table twice is refused
    either = allows([f"any = [{{ {first} }}, {{ {second} }}]"], case(loan))
    alone = [allows([f"all = [{{ {table} }}]"], case(loan)) for table in (first, second)]
    assert either == any(alone)


@_law
@given(_demands, cases())
def test_without_a_trusted_build_no_policy_allows_anything(loan: Evidence, lines: list[str], case: Change) -> None:
    """Not by a choice, not by ``not``: what nobody vouches for stays where it is."""
    assert not allows(lines, replace(case(loan), build=None))
