"""The rules of a scan for people and machines: the list, and one rule's page."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Final, Protocol

import click

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.core.jsontext import Json

_WIDTH: Final = 100
_HEADINGS: Final = ("Why it matters", "Example", "Remedy", "References")
_PARAGRAPHS: Final = re.compile(r"\n\s*\n")
_FENCE: Final = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Page(Protocol):
    """What a report needs to know of a rule."""

    @property
    def id(self) -> str:
        """Its name in findings."""

    @property
    def severity(self) -> Severity:
        """The harm, unless a finding says otherwise."""

    @property
    def confidence(self) -> Confidence:
        """The certainty, unless a finding says otherwise."""

    @property
    def threats(self) -> tuple[str, ...]:
        """Catalogue ids."""

    @property
    def summary(self) -> str:
        """What is wrong, in one sentence without a full stop."""

    def section(self, heading: str) -> str:
        """The text below one of the page's headings; empty when it has none."""


def rules_text(rules: Sequence[Page]) -> str:
    """One line each: id, severity, confidence, what is wrong."""
    widest = max((len(rule.id) for rule in rules), default=0)
    return "\n".join(
        f"{rule.id:<{widest}}  {rule.severity.word:<8}  {rule.confidence.word:<6}  {rule.summary}" for rule in rules
    )


def rules_json(rules: Sequence[Page]) -> Json:
    """A list of objects, one for each rule."""
    return [
        {
            "rule": rule.id,
            "severity": rule.severity.word,
            "confidence": rule.confidence.word,
            "summary": rule.summary,
            "threats": [
                {"id": name, "title": threat.TITLES.get(name, ""), "address": threat.address(name)}
                for name in rule.threats
            ],
        }
        for rule in rules
    ]


def page_text(rule: Page) -> str:
    """The whole page of a rule, as wide as a terminal."""
    head = f"{click.style(rule.id, bold=True)}  {rule.severity.word}, {rule.confidence.word} confidence"
    parts = [head, _filled(f"{rule.summary}.")]
    for heading in _HEADINGS:
        parts.append(click.style(heading, bold=True) + "\n" + _laid_out(rule.section(heading)))
    listed = "\n".join(f"  {name:<14} {threat.TITLES.get(name, '')}" for name in rule.threats)
    parts.append(click.style("In the public catalogues", bold=True) + "\n" + listed)
    return "\n\n".join(parts)


def page_markdown(rule: Page) -> str:
    """The whole page of a rule in Markdown."""
    parts = [f"{rule.summary}."]
    parts += [f"## {heading}\n\n{text}" for heading in _HEADINGS if (text := rule.section(heading))]
    return "\n\n".join(parts)


def _laid_out(text: str) -> str:
    """Markdown as plain text: paragraphs filled, lists and code left as they stand."""
    pieces = _FENCE.split(text)
    found: list[str] = []
    for index, piece in enumerate(pieces):
        if index % 2:  # what stood between fences
            found.append(textwrap.indent(piece.rstrip("\n"), "      "))
            continue
        for paragraph in _PARAGRAPHS.split(piece):
            if paragraph.strip():
                listed = paragraph.lstrip().startswith(("- ", "* ", "1.", "|"))
                found.append(textwrap.indent(paragraph.strip("\n"), "  ") if listed else _filled(paragraph))
    return "\n\n".join(found)


def _filled(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
