"""JUnit: one case for each file, readable by any XML parser whatever a file is called."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from assay.core.finding import Severity
from assay.core.scan import ScanResult
from assay.report.junit import junit_xml


def test_files_are_cases_findings_failures_and_the_untold_errors(scan: ScanResult) -> None:
    """What is below the limit, or accepted, is output and fails nothing."""
    suite = ElementTree.fromstring(junit_xml(scan)).find("testsuite")
    assert suite is not None
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert [item.get("type") for item in cases["models/b.pt"].iter("failure")] == ["pickle-unsafe-call"] * 2
    assert cases["models/README.md"].find("skipped") is not None
    assert "LIMIT members" in (cases["models/c.h5"].findtext("error") or "")
    output = cases["models/a.bin"].findtext("system-out") or ""
    assert "ignored until 2026-12-31: reviewed by us" in output
    assert "low, medium confidence, odd-name" in output


def test_what_fails_is_asked_for(scan: ScanResult) -> None:
    """A lower limit fails more, and what may be unknown is no error."""
    suite = ElementTree.fromstring(junit_xml(scan, fail_on=Severity.LOW, allow_unknown=True)).find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors")) == ("2", "0")
    assert "could not tell" in "".join(suite.itertext())


def test_a_finding_about_no_file_has_a_case_of_its_own(scan: ScanResult) -> None:
    """Nothing is dropped because its path is in no list."""
    text = junit_xml(replace(scan, files=()))
    assert 'name="models/b.pt"' in text
    assert 'name="models/c.h5"' in text


def test_hostile_names_are_escaped(hostile: ScanResult) -> None:
    """Well-formed, and what an XML document cannot hold stands as an escape."""
    text = junit_xml(hostile)
    root = ElementTree.fromstring(text.encode())
    names = [case.get("name") or "" for case in root.iter("testcase")]
    assert names == [r"evil\x1b[2J\n\u202ename\udcff\x00]](https://evil.example) & <b>.pkl"]
    assert all(character.isprintable() or character == "\n" for character in text)
