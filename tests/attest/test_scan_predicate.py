"""Scans and allowances read back as they were stated, and nothing that is less is taken for one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.attest.predicates.allowance import (
    Allowed,
    Revoked,
    allowance_statement,
    parse_allowance,
    revocation_statement,
)
from assay.attest.predicates.scan import parse_scan, scan_statement
from assay.attest.predicates.times import statement_time
from assay.core.allowance import Allowance
from assay.core.digest import DIR_HASH, Digest
from assay.core.errors import StatementError
from assay.core.finding import Confidence, Finding, Ignored, Location, Outcome, Scanned, Severity, Unknown
from assay.core.jsontext import Json
from assay.core.scan import ScanResult, in_order
from assay.core.statement import Statement, Subject, parse_statement

NOW = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
SUBJECT = Subject("model", Digest(DIR_HASH, "a" * 64))

_texts = st.text(max_size=6)
_places = st.builds(Location, _texts, st.none() | st.integers(0), st.none() | st.integers(1))
_findings = st.builds(
    Finding,
    rule=_texts,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    path=_texts,
    location=_places,
    message=_texts,
    threats=st.lists(_texts, max_size=2).map(tuple),
    ignored=st.none() | st.builds(Ignored, _texts, st.just("2026-12-31")),
)
_files = st.builds(
    Scanned,
    _texts,
    st.lists(_texts, max_size=2).map(tuple),
    st.none() | st.just(Digest("sha256", "b" * 64)),
    st.integers(0, 2**40),
    st.sampled_from(Outcome),
)
_results = st.builds(
    ScanResult,
    findings=st.lists(_findings, max_size=3).map(tuple),
    unknown=st.lists(st.builds(Unknown, _texts, _texts, _places), max_size=2).map(tuple),
    files=st.lists(_files, max_size=3, unique_by=lambda file: file.path).map(tuple),
    rules_version=_texts,
    tool_version=_texts,
    started=st.just(NOW),
    finished=st.just(NOW),
    allowances=st.lists(st.builds(Allowance, _texts, _texts, st.just("2026-12-31")), max_size=2).map(tuple),
)


def reread(statement: Statement) -> Statement:
    return parse_statement(statement.render())


@given(_results)
def test_a_scan_reads_back_as_it_was_stated(result: ScanResult) -> None:
    """Every finding, gap, file, acceptance and allowance."""
    statement = reread(scan_statement(subject=SUBJECT, result=result, scanner="ada"))
    found = parse_scan(statement, entry=4, signer="ada")
    assert found.findings == tuple(in_order(result.findings))
    assert found.unknown == result.unknown
    assert found.files == tuple(sorted(result.files, key=lambda file: file.path))
    assert set(found.allowances) == set(result.allowances)
    assert (found.entry, found.signer, found.subject) == (4, "ada", SUBJECT)
    assert (found.tool, found.rules, found.finished) == (result.tool_version, result.rules_version, NOW)
    assert statement_time(statement) == NOW


def test_names_that_are_no_utf_8_are_stated_with_escapes() -> None:
    """A statement is UTF-8, whatever a file is called."""
    name = "model/\udcff.pkl"
    result = ScanResult(
        (Finding(name, Severity.LOW, Confidence.LOW, name, Location(name), name, ignored=Ignored(name, "2026-12-31")),),
        (Unknown(name, name),),
        (Scanned(name, (name,), None, 1, Outcome.UNKNOWN),),
        "2026-03-01+01234567",
        "1",
        NOW,
        NOW,
        allowances=(Allowance(name, name, "2026-12-31"),),
    )
    replaced = replace(result, findings=(replace(result.findings[0], rule="odd"),))
    found = parse_scan(reread(scan_statement(subject=SUBJECT, result=replaced, scanner="a")), entry=0, signer="a")
    assert found.files[0].path == "model/\\udcff.pkl"


_VALID: dict[str, Json] = {
    "scanner": {"id": "x", "version": {"assay": "1"}},
    "rules": {"version": "2026-03-01+01234567"},
    "finishedOn": "2026-03-01T00:00:00Z",
    "findings": [],
    "coverage": {"files": [], "couldNotTell": []},
}
_FINDING: dict[str, Json] = {
    "rule": "r",
    "severity": "high",
    "confidence": "low",
    "path": "p",
    "message": "m",
    "location": {},
}


@pytest.mark.parametrize(
    "change",
    [
        {"findings": None},
        {"findings": "none"},
        {"findings": [1]},
        {"findings": [{**_FINDING, "severity": "fatal"}]},
        {"findings": [{**_FINDING, "confidence": 3}]},
        {"findings": [{**_FINDING, "ignored": True}]},
        {"findings": [{**_FINDING, "ignored": {"reason": "x", "until": "soon"}}]},
        {"findings": [{**_FINDING, "ignored": {"reason": "x", "until": "2026-1-1"}}]},
        {"findings": [{**_FINDING, "location": {"offset": "3"}}]},
        {"findings": [{key: value for key, value in _FINDING.items() if key != "path"}]},
        {"coverage": None},
        {"coverage": {"files": []}},
        {"coverage": {"couldNotTell": []}},
        {"coverage": {"files": [{"path": "p", "outcome": "fine"}], "couldNotTell": []}},
        {"coverage": {"files": [{"path": "p", "outcome": "inspected", "digest": "x"}], "couldNotTell": []}},
        {"coverage": {"files": [], "couldNotTell": [{"path": "p"}]}},
        {"rules": None},
        {"rules": {}},
        {"scanner": None},
        {"finishedOn": "yesterday"},
        {"allowances": [{"callable": "x", "reason": "y"}]},
    ],
)
def test_a_scan_that_leaves_something_out_is_none(change: dict[str, Json]) -> None:
    """A list that is missing must not read as an empty one: nothing found, nothing untold."""
    predicate = {key: value for key, value in {**_VALID, **change}.items() if value is not None}
    with pytest.raises(StatementError):
        parse_scan(Statement((SUBJECT,), "x", predicate), entry=0, signer="a")


def test_a_scan_is_about_one_artifact() -> None:
    """Two subjects would share one list of findings."""
    parse_scan(Statement((SUBJECT,), "x", _VALID), entry=0, signer="a")
    with pytest.raises(StatementError, match="one subject"):
        parse_scan(Statement((SUBJECT, SUBJECT), "x", _VALID), entry=0, signer="a")


@pytest.mark.parametrize("subjects", [(), (SUBJECT,)])
def test_an_allowance_reads_back_and_can_be_ended(subjects: tuple[Subject, ...]) -> None:
    """For everything, or for what it names."""
    statement = reread(
        allowance_statement(
            callable_name="ours.Model", subjects=subjects, reason="ours", until=date(2026, 6, 1), time=NOW
        )
    )
    found = parse_allowance(statement, entry=3, signer="ada")
    assert isinstance(found, Allowed)
    assert (found.callable, found.everything, found.until) == ("ours.Model", not subjects, "2026-06-01")
    assert statement_time(statement) == NOW
    ended = parse_allowance(reread(revocation_statement(found, reason="gone", time=NOW)), entry=5, signer="ada")
    assert ended == Revoked(5, "ada", 3, "gone", NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "permit"},
        {"action": None},
        {"scope": "anything"},
        {"scope": None},
        {"until": "2026-06-01T00:00:00Z"},
        {"until": None},
        {"callable": None},
        {"reason": None},
        {"time": None},
        {"action": "revoke", "ends": 3},
        {"action": "revoke", "ends": True},
        {"action": "revoke", "ends": -1},
        {"action": "revoke"},
    ],
)
def test_an_allowance_that_is_not_understood_allows_nothing(change: dict[str, Json]) -> None:
    """Nor does one that ends itself or something later."""
    statement = allowance_statement(
        callable_name="ours.Model", subjects=(), reason="ours", until=date(2026, 6, 1), time=NOW
    )
    predicate = {key: value for key, value in {**statement.predicate, **change}.items() if value is not None}
    with pytest.raises(StatementError):
        parse_allowance(replace(statement, predicate=predicate), entry=3, signer="ada")


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | _texts
    | st.sampled_from(["allow", "revoke"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)
_known = st.sampled_from(
    [*_VALID, *_FINDING, "action", "callable", "scope", "until", "reason", "time", "ends", "files"]
)


@given(st.dictionaries(_known, _json), st.sampled_from([_VALID, {"findings": [_FINDING]}, {}]))
def test_any_predicate_ends_in_a_value_or_our_error(changes: dict[str, Json], base: dict[str, Json]) -> None:
    """Whoever signed it may have written anything."""
    statement = Statement((SUBJECT,), "x", {**base, **changes})
    for parse in (parse_scan, parse_allowance):
        with suppress(StatementError):
            parse(statement, entry=3, signer="a")
