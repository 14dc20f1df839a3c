"""The JSON of a scan is what its schema says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core import jsontext
from assay.core.digest import Digest
from assay.core.finding import Confidence, Finding, Ignored, Location, Outcome, Scanned, Severity, Unknown
from assay.core.scan import ScanResult
from assay.report.scan_json import SCHEMA, scan_json

FILE = Path(__file__).parents[2] / "docs" / "scan.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(
    json.loads(FILE.read_text()), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)

_texts = st.text(st.characters(exclude_categories=()), max_size=8)
_locations = st.builds(Location, _texts, st.none() | st.integers(0), st.none() | st.integers(1))
_results = st.builds(
    ScanResult,
    findings=st.lists(
        st.builds(
            Finding,
            _texts,
            st.sampled_from(Severity),
            st.sampled_from(Confidence),
            _texts,
            _locations,
            _texts,
            _texts,
            st.lists(_texts, max_size=2).map(tuple),
            st.none() | st.builds(Ignored, _texts, st.just("2026-12-31")),
        ),
        max_size=3,
    ).map(tuple),
    unknown=st.lists(st.builds(Unknown, _texts, _texts, _locations), max_size=2).map(tuple),
    files=st.lists(
        st.builds(
            Scanned,
            _texts,
            st.lists(_texts, max_size=2).map(tuple),
            st.none() | st.just(Digest("sha256", "a" * 64)),
            st.integers(0),
            st.sampled_from(Outcome),
        ),
        max_size=3,
    ).map(tuple),
    rules_version=_texts,
    tool_version=st.just("1"),
    started=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    finished=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
)


def test_the_schema_is_one_and_names_itself() -> None:
    """A broken schema accepts everything."""
    jsonschema.Draft202012Validator.check_schema(VALIDATOR.schema)
    assert VALIDATOR.schema["$id"] == SCHEMA


def test_every_part_of_a_scan_is_there(scan: ScanResult) -> None:
    """Findings with their place, errors with their reason, files with format, digest and outcome."""
    found = json.loads(jsontext.printed(scan_json(scan)))
    VALIDATOR.validate(found)
    assert [item["path"] for item in found["findings"]] == [
        "models/a.bin",
        "models/a.bin",
        "models/b.pt",
        "models/b.pt",
    ]
    assert found["findings"][2]["location"] == {"member": "archive/data.pkl", "offset": 23, "line": None}
    assert found["findings"][0]["ignored"] == {"reason": "reviewed by us", "until": "2026-12-31"}
    assert found["errors"][0]["reason"] == "LIMIT members (100000) at byte 8"
    assert [file["outcome"] for file in found["files"]] == ["not-a-model", "inspected", "inspected", "could-not-tell"]
    assert found["files"][2]["format"] == "torch"
    assert found["summary"]["severities"] == {"critical": 2, "high": 0, "medium": 0, "low": 1, "info": 0}
    assert found["summary"]["ignored"] == 1
    assert found["summary"]["exit"] == 1


@pytest.mark.parametrize(("fail_on", "allow_unknown", "status"), [("critical", False, 2), ("critical", True, 0)])
def test_the_exit_status_follows_from_what_was_asked(
    fail_on: str, allow_unknown: bool, status: int, scan: ScanResult
) -> None:
    """1 goes before 2, and 2 before 0."""
    quiet = replace(scan, findings=scan.findings[:2])
    found = scan_json(quiet, fail_on=Severity[fail_on.upper()], allow_unknown=allow_unknown)
    assert found["summary"]["exit"] == status


def test_hostile_names_are_escaped_and_stay_what_they_are(hostile: ScanResult) -> None:
    """Nothing but ASCII leaves; a reader gets the name back, bytes that are no UTF-8 as escapes."""
    text = jsontext.printed(scan_json(hostile))
    assert all(" " <= character <= "~" or character == "\n" for character in text)
    assert json.loads(text)["findings"][0]["path"].startswith("evil\x1b[2J\n\u202ename\\udcff\x00]]")


@given(_results)
def test_any_result_is_valid_and_comes_out_the_same_in_any_order(result: ScanResult) -> None:
    """The same findings give the same bytes, in whatever order they were made."""
    text = jsontext.printed(scan_json(result))
    VALIDATOR.validate(json.loads(text))
    text.encode("ascii")
    turned = replace(result, findings=result.findings[::-1], unknown=result.unknown[::-1])
    assert scan_json(turned)["errors"] == scan_json(result)["errors"]
    places = [(item["path"], item["rule"], item["location"]) for item in scan_json(result)["findings"]]
    assert [(item["path"], item["rule"], item["location"]) for item in scan_json(turned)["findings"]] == places


def test_a_limit_that_is_none_is_not_listed(scan: ScanResult) -> None:
    """JSON has no infinity."""
    endless = replace(scan, limits=(("seconds", float("inf")), ("members", 3)))
    assert scan_json(endless)["limits"] == {"members": 3}
