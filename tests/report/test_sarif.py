"""SARIF 2.1.0: what the standard and code scanning ask for, checked property by property."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

from assay.core import jsontext
from assay.core.finding import Location, Severity
from assay.core.scan import ScanResult
from assay.core.threat import REMOTE_CODE, UNSAFE_DESERIALIZATION
from assay.report.sarif import sarif
from assay.report.sarif_places import address
from assay.scan.rule import Rule

Rules = tuple[Rule, ...]
SUBSET = json.loads(Path(__file__).with_name("sarif-subset.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SUBSET, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def run(result: ScanResult, rules: Rules, **options: object) -> dict:
    """The one run of the log, after the log was checked as a whole."""
    log = json.loads(jsontext.printed(sarif(result, rules, **options)))
    VALIDATOR.validate(log)
    (found,) = log["runs"]
    return found


def locations(found: dict) -> Iterator[dict]:
    for item in (*found["results"], *found["invocations"][0]["toolExecutionNotifications"]):
        yield from item["locations"]


def test_every_result_has_what_code_scanning_asks_for(scan: ScanResult, rules: Rules) -> None:
    """A rule by id and index, a level, one location with a relative address and a line, fingerprints."""
    found = run(scan, rules)
    listed = found["tool"]["driver"]["rules"]
    for result in found["results"]:
        assert listed[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        (place,) = result["locations"]
        assert place["physicalLocation"]["region"]["startLine"] >= 1
        assert not place["physicalLocation"]["artifactLocation"]["uri"].startswith("/")
        assert result["partialFingerprints"]["primaryLocationLineHash"]
    for place in locations(found):
        artifact = place["physicalLocation"]["artifactLocation"]
        assert found["artifacts"][artifact["index"]]["location"]["uri"] == artifact["uri"]


def test_rules_carry_their_pages_and_a_score(scan: ScanResult, rules: Rules) -> None:
    """A rule is never described as milder than what it found: viewers take a finding's severity from there."""
    by_id = {rule["id"]: rule for rule in run(scan, rules)["tool"]["driver"]["rules"]}
    unsafe = by_id["pickle-unsafe-call"]
    assert unsafe["properties"]["security-severity"] == "9.5"
    assert unsafe["properties"]["tags"][0] == "security"
    assert unsafe["helpUri"] == "https://docs.python.org/3/library/pickle.html"
    assert "## Remedy" in unsafe["help"]["markdown"]
    assert "\x1b" not in unsafe["help"]["text"]
    assert by_id["remote-code"]["properties"]["security-severity"] == "8.0"


def test_threats_are_taxonomies_and_every_relationship_leads_to_one(scan: ScanResult, rules: Rules) -> None:
    """ATLAS, OWASP and NIST, each entry once, with its title and address."""
    found = run(scan, rules)
    taxa = {(item["name"], entry["id"]) for item in found["taxonomies"] for entry in item["taxa"]}
    assert {name for _, name in taxa} == set(UNSAFE_DESERIALIZATION) | set(REMOTE_CODE)
    assert {name for name, _ in taxa} == {"MITRE ATLAS", "OWASP ML Top 10", "OWASP LLM Top 10", "NIST AI RMF"}
    for rule in found["tool"]["driver"]["rules"]:
        for relationship in rule["relationships"]:
            target = relationship["target"]
            assert (target["toolComponent"]["name"], target["id"]) in taxa


def test_what_could_not_be_told_is_no_success(scan: ScanResult, rules: Rules) -> None:
    """A viewer that shows only results must not take the file for clean."""
    found = run(scan, rules)
    (invocation,) = found["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 1
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["level"] == "error"
    assert "LIMIT members" in notification["message"]["text"]
    told = {item["id"] for item in found["tool"]["driver"]["notifications"]}
    assert notification["descriptor"]["id"] in told
    covered = replace(scan, unknown=(), files=scan.files[:3])
    assert run(covered, rules)["invocations"][0]["executionSuccessful"] is True


def test_accepted_findings_stay_as_suppressed_with_their_reason(scan: ScanResult, rules: Rules) -> None:
    """Visible, with who said what until when; all others say that they are not suppressed."""
    found = {result["ruleId"]: result["suppressions"] for result in run(scan, rules)["results"]}
    assert found["remote-code"] == [
        {"kind": "external", "status": "accepted", "justification": "reviewed by us (until 2026-12-31)"}
    ]
    assert found["pickle-unsafe-call"] == []


def test_members_are_logical_locations_and_only_a_files_own_bytes_are_regions(scan: ScanResult, rules: Rules) -> None:
    """An offset inside a member is no offset of the file."""
    by_rule = {result["ruleId"]: result["locations"][0] for result in run(scan, rules)["results"]}
    inside = by_rule["pickle-unsafe-call"]
    assert inside["logicalLocations"][0]["fullyQualifiedName"] == "archive/data.pkl"
    assert "byteOffset" not in inside["physicalLocation"]["region"]
    assert by_rule["odd-name"]["physicalLocation"]["region"] == {"startLine": 1, "byteOffset": 4711, "byteLength": 1}


def test_fingerprints_outlive_a_shift_and_tell_doubles_apart(scan: ScanResult, rules: Rules) -> None:
    """The same thing at another byte is the same alert."""
    marks = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run(scan, rules)["results"]]
    assert len(set(marks)) == len(marks)
    shifted = replace(
        scan, findings=tuple(replace(item, location=replace(item.location, offset=5)) for item in scan.findings)
    )
    assert {
        result["partialFingerprints"]["primaryLocationLineHash"] for result in run(shifted, rules)["results"]
    } == set(marks)


def test_artifacts_have_their_digests(scan: ScanResult, rules: Rules) -> None:
    """Where there is one."""
    hashes = [item.get("hashes", {}).get("sha-256") for item in run(scan, rules)["artifacts"]]
    assert hashes == ["1" * 64, "2" * 64, "3" * 64, None]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("models/a b#1?.pt", "models/a%20b%231%3F.pt"),
        ("./x.pt", "x.pt"),
        ("c:evil.pt", "c%3Aevil.pt"),
        ("/srv/x.pt", "file:///srv/x.pt"),
        ("s3://bucket/a b.pt", "s3://bucket/a%20b.pt"),
        ("\udcff\u202e.pt", "%FF%E2%80%AE.pt"),
        ("\ud800.pt", "%5Cud800.pt"),
    ],
)
def test_addresses_are_uris(path: str, uri: str) -> None:
    """Relative ones against the root, bytes that are no UTF-8 as they are."""
    found = address(path)
    assert found["uri"] == uri
    assert ("uriBaseId" in found) == ("://" not in uri)
    unquote_to_bytes(uri)


def test_hostile_names_lead_nowhere(hostile: ScanResult, rules: Rules) -> None:
    """No cursor is moved, and no viewer finds a link in a message."""
    found = run(hostile, rules)
    texts = [result["message"]["text"] for result in found["results"]]
    texts += [item["message"]["text"] for item in found["invocations"][0]["toolExecutionNotifications"]]
    for text in texts:
        assert text.isprintable()
        assert not re.search(r"(?<!\\)\]\(", text)
    assert jsontext.printed(sarif(hostile, rules)).isascii()


def test_a_rule_that_is_not_given_is_still_named(scan: ScanResult) -> None:
    """Without an index, as the standard wants it."""
    found = run(replace(scan, findings=scan.findings[:1]), ())
    assert found["results"][0]["ruleId"] == "odd-name"
    assert "ruleIndex" not in found["results"][0]


def test_a_text_finding_keeps_its_line(scan: ScanResult, rules: Rules) -> None:
    """And information is a note."""
    item = replace(scan.findings[0], location=Location("", None, 12), severity=Severity.INFO)
    (result,) = run(replace(scan, findings=(item,)), rules)["results"]
    assert result["level"] == "note"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 12}
