"""Rules and the public catalogues of threats in SARIF."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.core.jsontext import Json
from assay.report.rules import Page, page_markdown, page_text

#: How SARIF calls a severity.
LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
#: Ids of the notifications.
COULD_NOT_TELL: Final = "could-not-tell"
NOTE: Final = "scan-note"

_NOTIFICATIONS: Final = (
    (
        COULD_NOT_TELL,
        "Something could not be read.",
        "A part of a file could not be read, or only at a higher cost than was allowed, so nothing is known about it.",
        "Remove the file, or raise the limit that the message names with --limit NAME=NUMBER.",
    ),
    (
        NOTE,
        "A setting does nothing.",
        "An entry of the ignore list has run out or fits nothing.",
        "Remove it, or look at it again and give it a new end.",
    ),
)

#: In the middle of the bands that code scanning gives the same words to.
_SCORES: Final = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
_PRECISION: Final = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
_LINK: Final = re.compile(r"https://[^\s)>\]\"'`]+")
_ESCAPE_CODES: Final = re.compile(r"\x1b\[[0-9;]*m")

#: The start of an identifier → its catalogue's name, who keeps it, and where.
_CATALOGUES: Final = (
    ("AML.", "MITRE ATLAS", "MITRE", "https://atlas.mitre.org/"),
    ("ML", "OWASP ML Top 10", "OWASP", "https://owasp.org/www-project-machine-learning-security-top-10/"),
    ("LLM", "OWASP LLM Top 10", "OWASP", "https://genai.owasp.org/llm-top-10/"),
    ("", "NIST AI RMF", "NIST", "https://airc.nist.gov/airmf-resources/airmf/5-sec-core/"),
)


def descriptors(rules: Sequence[Page], worst: Mapping[str, Severity]) -> list[Json]:
    """A ``reportingDescriptor`` for each rule.

    :param worst: the highest severity among each rule's findings. Viewers take a finding's severity from its rule, so
        a rule is never described as milder than what it found.
    """
    return [_descriptor(rule, max(rule.severity, worst.get(rule.id, Severity.INFO))) for rule in rules]


def notifications() -> list[Json]:
    """Descriptors of what the tool says about itself."""
    return [
        {
            "id": name,
            "shortDescription": {"text": short},
            "fullDescription": {"text": full},
            "help": {"text": remedy},
        }
        for name, short, full, remedy in _NOTIFICATIONS
    ]


def taxonomies(names: Sequence[str]) -> list[Json]:
    """The catalogues that ``names`` are from, each with those of its entries."""
    found: list[Json] = []
    for _, catalogue, keeper, page in _CATALOGUES:
        taxa: list[Json] = [
            {"id": name, "name": threat.TITLES.get(name, name), "helpUri": threat.address(name)}
            for name in sorted(names)
            if _catalogue(name) == catalogue
        ]
        if taxa:
            found.append(
                {
                    "name": catalogue,
                    "organization": keeper,
                    "informationUri": page,
                    "shortDescription": {"text": f"Entries of {catalogue} that rules refer to."},
                    "isComprehensive": False,
                    "taxa": taxa,
                }
            )
    return found


def _descriptor(rule: Page, severity: Severity) -> Json:
    links = _LINK.findall(rule.section("References"))
    address = links[0].rstrip(".,;:") if links else next(map(threat.address, rule.threats), "")
    properties: dict[str, Json] = {
        "precision": _PRECISION[rule.confidence],
        "tags": ["security", *rule.threats],
    }
    if severity in _SCORES:
        properties["security-severity"] = _SCORES[severity]
    found: dict[str, Json] = {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": f"{rule.summary}."},
        "fullDescription": {"text": " ".join(rule.section("Why it matters").split()) or f"{rule.summary}."},
        "help": {"text": _ESCAPE_CODES.sub("", page_text(rule)), "markdown": page_markdown(rule)},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "relationships": [
            {"target": {"id": name, "toolComponent": {"name": _catalogue(name)}}, "kinds": ["relevant"]}
            for name in rule.threats
        ],
        "properties": properties,
    }
    if address:
        found["helpUri"] = address
    return found


def _catalogue(name: str) -> str:
    return next(catalogue for start, catalogue, _, _ in _CATALOGUES if name.startswith(start))
