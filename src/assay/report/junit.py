"""A scan as JUnit XML, which every CI system shows: one test case for each file.

A file fails by its findings at or above the severity that fails the scan, errs by what could not be told, and counts as
skipped when it is no model. What is less bad, or was accepted by a person, stands in the case's output.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from assay.core.finding import Finding, Outcome, Severity, Unknown
from assay.core.scan import FAIL_ON, ScanResult, in_order
from assay.core.visible import visible
from assay.report.scan_json import unknown_in_order

_NAME: Final = "assay scan"


def junit_xml(result: ScanResult, *, fail_on: Severity = FAIL_ON, allow_unknown: bool = False) -> str:
    """The whole document.

    :param allow_unknown: what could not be told is output, not an error
    """
    findings: dict[str, list[Finding]] = defaultdict(list)
    unknown: dict[str, list[Unknown]] = defaultdict(list)
    for finding in in_order(result.findings):
        findings[finding.path].append(finding)
    for item in unknown_in_order(result):
        unknown[item.path].append(item)
    files = {file.path: file for file in result.files}
    cases: list[Element] = []
    for path in sorted(files.keys() | findings.keys() | unknown.keys()):
        file = files.get(path)
        formats = visible(", ".join(file.formats)) if file is not None else ""
        case = Element("testcase", name=visible(path), classname=formats or "unknown", time="0")
        harmless = file is not None and file.outcome is Outcome.HARMLESS
        _fill(case, findings[path], unknown[path], fail_on, allow_unknown, harmless)
        cases.append(case)
    seconds = f"{max(0.0, (result.finished - result.started).total_seconds()):.3f}"
    totals = {"name": _NAME, **_totals(cases), "time": seconds}
    root = Element("testsuites", totals)
    suite = SubElement(root, "testsuite", totals, timestamp=result.started.isoformat(timespec="seconds"))
    properties = SubElement(suite, "properties")
    for name, value in (("assay", result.tool_version), ("rules", result.rules_version)):
        SubElement(properties, "property", name=name, value=visible(value))
    suite.extend(cases)
    if result.notes:
        SubElement(suite, "system-out").text = "\n".join(map(visible, result.notes))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _fill(
    case: Element,
    findings: list[Finding],
    unknown: list[Unknown],
    fail_on: Severity,
    allow_unknown: bool,
    harmless: bool,
) -> None:
    failing = [finding for finding in findings if _fails(finding, fail_on)]
    if harmless and not failing and not unknown:
        SubElement(case, "skipped", message="not a model")
    if not allow_unknown:
        for item in unknown:
            told = SubElement(case, "error", type="could-not-tell", message=visible(item.reason))
            told.text = visible(f"could not tell: {item.reason}")
    for finding in failing:
        told = SubElement(case, "failure", type=finding.rule, message=visible(finding.message))
        told.text = f"{_told(finding)}\n{visible(finding.remedy)}"
    quiet = [_told(finding) for finding in findings if not _fails(finding, fail_on)]
    quiet += [visible(f"could not tell: {item.reason}") for item in unknown] if allow_unknown else []
    if quiet:
        SubElement(case, "system-out").text = "\n".join(quiet)


def _fails(finding: Finding, fail_on: Severity) -> bool:
    return finding.ignored is None and finding.severity >= fail_on


def _told(finding: Finding) -> str:
    place = str(finding.location)
    ignored = f" (ignored until {finding.ignored.until}: {finding.ignored.reason})" if finding.ignored else ""
    head = f"{finding.severity.word}, {finding.confidence.word} confidence, {finding.rule}"
    return visible(f"{head}{f', {place}' if place else ''}: {finding.message}{ignored}")


def _totals(cases: list[Element]) -> dict[str, str]:
    """Each case counts once: as failed, else as erring, else as skipped."""
    kinds = [
        next((kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None), "") for case in cases
    ]
    return {
        "tests": str(len(cases)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
    }
