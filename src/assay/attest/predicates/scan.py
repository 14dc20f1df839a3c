"""What an inspection of an artifact found, by which rules, and what it could not tell.

The type is ours: ``docs/adr/0011-scan-statement.md`` says why none of the vetted ones fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from assay.attest.predicates import fields
from assay.attest.predicates.fields import JsonObject
from assay.core.allowance import Allowance
from assay.core.errors import StatementError
from assay.core.evidence import Scan
from assay.core.finding import Confidence, Finding, Ignored, Location, Outcome, Scanned, Severity, Unknown
from assay.core.jsontext import Json
from assay.core.scan import ScanResult, in_order, rules_date
from assay.core.statement import SCAN, Statement, Subject, digest_from_set
from assay.core.visible import encodable

_Word = TypeVar("_Word")

_SEVERITIES: Final = {severity.word: severity for severity in Severity}
_CONFIDENCES: Final = {confidence.word: confidence for confidence in Confidence}
_OUTCOMES: Final = {
    "inspected": Outcome.INSPECTED,
    "not-a-model": Outcome.HARMLESS,
    "could-not-tell": Outcome.UNKNOWN,
}
_WORDS: Final = {outcome: word for word, outcome in _OUTCOMES.items()}


def scan_statement(*, subject: Subject, result: ScanResult, scanner: str) -> Statement:
    """What ``result`` says about ``subject``; its paths are the subject's name, or below it."""
    day = rules_date(result.rules_version)
    findings: list[Json] = [_finding(finding) for finding in in_order(result.findings)]
    files: list[Json] = [_file(file) for file in sorted(result.files, key=lambda file: file.path)]
    unknown: list[Json] = [
        {"path": encodable(item.path), "reason": encodable(item.reason), "location": _location(item.location)}
        for item in result.unknown
    ]
    return Statement(
        (subject,),
        SCAN,
        {
            "scanner": {"id": f"tag:assay,2026:scanner/{scanner}", "version": {"assay": result.tool_version}},
            "rules": {"version": result.rules_version, "date": day.isoformat() if day else None},
            "startedOn": fields.render_time(result.started),
            "finishedOn": fields.render_time(result.finished),
            "limits": dict(result.finite_limits),
            "findings": findings,
            "coverage": {"files": files, "couldNotTell": unknown},
            "allowances": _allowances(result),
        },
    )


def parse_scan(statement: Statement, *, entry: int, signer: str) -> Scan:
    """Read an inspection from a verified statement.

    :raises StatementError: a field is missing, of the wrong type, or a word that we do not know
    """
    predicate = statement.predicate
    if len(statement.subjects) != 1:
        raise StatementError("a scan must have one subject")
    coverage = _required(predicate, "coverage")
    if "findings" not in predicate or "files" not in coverage or "couldNotTell" not in coverage:
        raise StatementError("a scan must say what it found, what it looked at and what it could not tell")
    return Scan(
        entry=entry,
        signer=signer,
        subject=statement.subjects[0],
        tool=fields.text(fields.mapping(_required(predicate, "scanner"), "version"), "assay"),
        rules=fields.text(_required(predicate, "rules"), "version"),
        findings=tuple(map(_parse_finding, fields.items(predicate, "findings"))),
        unknown=tuple(
            Unknown(fields.text(item, "path"), fields.text(item, "reason"), _parse_location(item))
            for item in fields.items(coverage, "couldNotTell")
        ),
        files=tuple(map(_parse_file, fields.items(coverage, "files"))),
        allowances=tuple(
            Allowance(fields.text(item, "callable"), fields.text(item, "reason"), fields.day(item, "until"))
            for item in fields.items(predicate, "allowances")
        ),
        finished=fields.time(predicate, "finishedOn"),
    )


def _allowances(result: ScanResult) -> list[Json]:
    """Each name, reason and end once, whichever files it was for."""
    said = dict.fromkeys((item.name, item.reason, item.until) for item in result.allowances)
    return [
        {"callable": encodable(name), "reason": encodable(reason), "until": until}
        for name, reason, until in sorted(said)
    ]


def _finding(finding: Finding) -> Json:
    ignored = finding.ignored
    return {
        "rule": finding.rule,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "path": encodable(finding.path),
        "location": _location(finding.location),
        "message": encodable(finding.message),
        "threats": list(finding.threats),
        "ignored": None if ignored is None else {"reason": encodable(ignored.reason), "until": ignored.until},
    }


def _file(file: Scanned) -> Json:
    return {
        "path": encodable(file.path),
        "digest": None if file.digest is None else {file.digest.algorithm: file.digest.value},
        "size": file.size,
        "formats": [encodable(name) for name in file.formats],
        "outcome": _WORDS[file.outcome],
    }


def _location(location: Location) -> Json:
    return {"member": encodable(location.member), "offset": location.offset, "line": location.line}


def _parse_finding(item: JsonObject) -> Finding:
    ignored = item.get("ignored")
    if ignored is not None and not isinstance(ignored, dict):
        raise StatementError("the field ignored must be a JSON object or null")
    return Finding(
        rule=fields.text(item, "rule"),
        severity=_word(item, "severity", _SEVERITIES),
        confidence=_word(item, "confidence", _CONFIDENCES),
        path=fields.text(item, "path"),
        location=_parse_location(item),
        message=fields.text(item, "message"),
        threats=fields.texts(item, "threats"),
        ignored=None if ignored is None else Ignored(fields.text(ignored, "reason"), fields.day(ignored, "until")),
    )


def _parse_file(item: JsonObject) -> Scanned:
    path, digest = fields.text(item, "path"), item.get("digest")
    return Scanned(
        path=path,
        formats=fields.texts(item, "formats"),
        digest=None if digest is None else digest_from_set(digest, what=path),
        size=fields.optional_integer(item, "size") or 0,
        outcome=_word(item, "outcome", _OUTCOMES),
    )


def _parse_location(item: JsonObject) -> Location:
    place = fields.mapping(item, "location")
    return Location(
        fields.optional_text(place, "member"),
        fields.optional_integer(place, "offset"),
        fields.optional_integer(place, "line"),
    )


def _required(parent: JsonObject, key: str) -> JsonObject:
    if key not in parent:
        raise StatementError(f"the field {key} is missing")
    return fields.mapping(parent, key)


def _word(item: JsonObject, key: str, known: Mapping[str, _Word]) -> _Word:
    value = fields.text(item, key)
    if value not in known:
        raise StatementError(f"the field {key} must be one of {', '.join(known)}, not {value!r}")
    return known[value]
