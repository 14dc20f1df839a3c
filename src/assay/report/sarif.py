"""A scan as SARIF 2.1.0, for code scanning and every other viewer of it.

Source: OASIS Static Analysis Results Interchange Format 2.1.0 (plus errata 01), and what GitHub's code scanning asks
for beyond it: a line for every result, ``security-severity`` and fingerprints. What could not be told is a
notification of the invocation, which then was not successful: a viewer must not take it for clean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from assay.core.finding import Finding, Location, Severity, Unknown
from assay.core.jsontext import Json
from assay.core.scan import FAIL_ON, ScanResult, in_order
from assay.core.visible import encodable, visible
from assay.report.rules import Page
from assay.report.sarif_places import ROOT, address, artifacts
from assay.report.sarif_rules import COULD_NOT_TELL, LEVELS, NOTE, descriptors, notifications, taxonomies
from assay.report.scan_json import files_in_order, unknown_in_order

VERSION: Final = "2.1.0"
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(
    result: ScanResult, rules: Sequence[Page], *, fail_on: Severity = FAIL_ON, allow_unknown: bool = False
) -> Json:
    """The whole log, with one run.

    :param rules: those that were applied; their pages go along
    """
    findings = in_order(result.findings)
    worst: dict[str, Severity] = {}
    for finding in findings:
        worst[finding.rule] = max(finding.severity, worst.get(finding.rule, Severity.INFO))
    listed = sorted(rules, key=lambda rule: rule.id)
    names = tuple(dict.fromkeys(name for rule in listed for name in rule.threats))
    files = files_in_order(result)
    places = {file.path: index for index, file in enumerate(files)}
    indexes = {rule.id: index for index, rule in enumerate(listed)}
    catalogues = taxonomies(names)
    run: dict[str, Json] = {
        "tool": {
            "driver": {
                "name": "assay",
                "version": result.tool_version,
                "semanticVersion": result.tool_version,
                "rules": descriptors(listed, worst),
                "notifications": notifications(),
                "supportedTaxonomies": [
                    {"name": name, "index": index} for index, name in enumerate(_names(catalogues))
                ],
            }
        },
        "taxonomies": catalogues,
        "invocations": [_invocation(result, places, fail_on, allow_unknown)],
        "originalUriBaseIds": {ROOT: {"description": {"text": "What paths are relative to: what was scanned."}}},
        "artifacts": artifacts(files),
        "results": _results(findings, indexes, places),
        "columnKind": "unicodeCodePoints",
        "properties": {"rulesVersion": result.rules_version, "limits": dict(result.finite_limits)},
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _results(findings: Sequence[Finding], indexes: Mapping[str, int], places: Mapping[str, int]) -> list[Json]:
    seen: Counter[str] = Counter()
    found: list[Json] = []
    for finding in findings:
        mark = _fingerprint(finding.rule, finding.location.member, finding.message)
        # The same thing twice in one file is told apart by its order, as viewers expect; its offset may move.
        seen[finding.path + mark] += 1
        ignored = finding.ignored
        item: dict[str, Json] = {
            "ruleId": finding.rule,
            "level": LEVELS[finding.severity],
            "message": {"text": _plain(finding.message)},
            "locations": [_location(finding.path, finding.location, places)],
            "partialFingerprints": {
                "primaryLocationLineHash": f"{mark}:{seen[finding.path + mark]}",
                "assayFinding/v1": f"{_fingerprint(finding.path, mark)}:{seen[finding.path + mark]}",
            },
            "suppressions": []
            if ignored is None
            else [
                {
                    "kind": "external",
                    "status": "accepted",
                    "justification": f"{visible(ignored.reason)} (until {visible(ignored.until)})",
                }
            ],
            "properties": {"severity": finding.severity.word, "confidence": finding.confidence.word},
        }
        if finding.rule in indexes:
            item["ruleIndex"] = indexes[finding.rule]
        found.append(item)
    return found


def _invocation(
    result: ScanResult, places: Mapping[str, int], fail_on: Severity, allow_unknown: bool
) -> dict[str, Json]:
    return {
        "executionSuccessful": result.fully_covered,
        "exitCode": result.exit_code(fail_on, allow_unknown=allow_unknown),
        "startTimeUtc": _utc(result.started),
        "endTimeUtc": _utc(result.finished),
        "toolExecutionNotifications": [
            _notification(COULD_NOT_TELL, "error", _told(item), item, places) for item in unknown_in_order(result)
        ],
        "toolConfigurationNotifications": [
            _notification(NOTE, "note", note, None, places) for note in map(_plain, result.notes)
        ],
    }


def _told(item: Unknown) -> str:
    return f"could not tell: {_plain(item.reason)}"


def _notification(
    descriptor: str, level: str, text: str, item: Unknown | None, places: Mapping[str, int]
) -> dict[str, Json]:
    found: dict[str, Json] = {"descriptor": {"id": descriptor}, "level": level, "message": {"text": text}}
    if item is not None:
        found["locations"] = [_location(item.path, item.location, places)]
    return found


def _location(path: str, location: Location, places: Mapping[str, int]) -> Json:
    """The file with a line, which viewers ask for, and its byte; what lies inside the file is a logical location."""
    region: dict[str, Json] = {"startLine": max(1, location.line or 1)}
    if location.offset is not None and location.offset >= 0 and not location.member:
        region |= {"byteOffset": location.offset, "byteLength": 1}
    artifact = address(path)
    if path in places:
        artifact["index"] = places[path]
    found: dict[str, Json] = {"physicalLocation": {"artifactLocation": artifact, "region": region}}
    if location.member:
        member = encodable(location.member)
        inside: dict[str, Json] = {"fullyQualifiedName": member, "name": member.rpartition("!")[2], "kind": "member"}
        if location.offset is not None:
            inside["properties"] = {"byteOffset": location.offset}
        found["logicalLocations"] = [inside]
    return found


def _plain(text: str) -> str:
    """Text in which no viewer finds a link: what is taken from a file must not lead anybody anywhere."""
    shown = visible(text)
    return shown.replace("[", "\\[").replace("]", "\\]") if "](" in shown else shown


def _fingerprint(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _names(catalogues: Sequence[Json]) -> list[str]:
    return [str(item["name"]) for item in catalogues if isinstance(item, dict)]
