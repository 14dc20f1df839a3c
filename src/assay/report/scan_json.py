"""A scan as JSON for machines: one object, described by ``docs/scan.schema.json``."""

from __future__ import annotations

from typing import Final

from assay.core.finding import Finding, Location, Outcome, Scanned, Severity, Unknown
from assay.core.jsontext import Json
from assay.core.scan import FAIL_ON, ScanResult, counted, in_order
from assay.core.visible import encodable

#: What the object calls itself; a field that is added leaves it as it is.
SCHEMA: Final = "tag:assay,2026:scan-report/v1"

#: How an outcome is written for machines.
OUTCOMES: Final = {
    Outcome.INSPECTED: "inspected",
    Outcome.HARMLESS: "not-a-model",
    Outcome.UNKNOWN: "could-not-tell",
}


def scan_json(result: ScanResult, *, fail_on: Severity = FAIL_ON, allow_unknown: bool = False) -> Json:
    """The whole result; ``exit`` in the summary is the exit status that follows from it.

    A name that is no UTF-8 stands with escapes; every other text is what it was.
    """
    return {
        "schema": SCHEMA,
        "tool": {"name": "assay", "version": result.tool_version, "rules": result.rules_version},
        "started": result.started.isoformat(),
        "finished": result.finished.isoformat(),
        "limits": dict(result.finite_limits),
        "findings": [_finding(finding) for finding in in_order(result.findings)],
        "errors": [_unknown(item) for item in unknown_in_order(result)],
        "files": [_file(file) for file in files_in_order(result)],
        "allowances": [
            {
                "callable": encodable(item.name),
                "reason": encodable(item.reason),
                "until": item.until,
                "digest": item.digest or None,
            }
            for item in result.allowances
        ],
        "comparison": _comparison(result),
        "notes": [encodable(note) for note in result.notes],
        "summary": _summary(result, fail_on, allow_unknown),
    }


def unknown_in_order(result: ScanResult) -> list[Unknown]:
    """What could not be told, by file and place."""
    return sorted(result.unknown, key=lambda item: (item.path, str(item.location), item.reason))


def files_in_order(result: ScanResult) -> list[Scanned]:
    """Every file, by path."""
    return sorted(result.files, key=lambda file: file.path)


def _comparison(result: ScanResult) -> Json:
    if result.comparison is None:
        return None
    from assay.report.comparison import comparison_json  # noqa: PLC0415 - few scans have one

    return comparison_json(result.comparison)


def _finding(finding: Finding) -> Json:
    ignored = finding.ignored
    return {
        "rule": finding.rule,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "path": encodable(finding.path),
        "location": _location(finding.location),
        "message": encodable(finding.message),
        "remedy": encodable(finding.remedy),
        "threats": list(finding.threats),
        "ignored": None if ignored is None else {"reason": encodable(ignored.reason), "until": ignored.until},
    }


def _unknown(item: Unknown) -> Json:
    return {"path": encodable(item.path), "reason": encodable(item.reason), "location": _location(item.location)}


def _location(location: Location) -> Json:
    return {"member": encodable(location.member) or None, "offset": location.offset, "line": location.line}


def _file(file: Scanned) -> Json:
    return {
        "path": encodable(file.path),
        "format": encodable(file.formats[0]) if file.formats else None,
        "formats": [encodable(name) for name in file.formats],
        "digest": None if file.digest is None else str(file.digest),
        "size": file.size,
        "outcome": OUTCOMES[file.outcome],
    }


def _summary(result: ScanResult, fail_on: Severity, allow_unknown: bool) -> Json:
    standing = result.standing
    return {
        "files": len(result.files),
        **{word: result.with_outcome(outcome) for outcome, word in OUTCOMES.items()},
        "findings": len(standing),
        "ignored": len(result.findings) - len(standing),
        "severities": {severity.word: number for severity, number in counted(standing).items()},
        "worst": None if result.worst is None else result.worst.word,
        "fully_covered": result.fully_covered,
        "fail_on": fail_on.word,
        "exit": result.exit_code(fail_on, allow_unknown=allow_unknown),
    }
