"""A scan as text for people: by file, the worst first, with what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

import click

from assay.core.allowance import Allowance
from assay.core.finding import Finding, Outcome, Scanned, Severity, Unknown
from assay.core.scan import ScanResult, counted, in_order
from assay.core.visible import visible
from assay.report.comparison import comparison_lines
from assay.report.scan_json import files_in_order, unknown_in_order

_WIDTH: Final = 100
_COLOURS: Final = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "blue",
}


def scan_text(result: ScanResult, *, every_file: bool = False) -> str:
    """Findings by file, what could not be told, what somebody accepted, the remedies once each, and a summary line.

    Nothing that was taken from a file can move the cursor: such characters stand as escapes.

    :param every_file: list the files that nothing was found in, too, with their formats
    """
    ignored = [finding for finding in in_order(result.findings) if finding.ignored is not None]
    parts = [
        *_by_file(result),
        _section("could not tell", (_unknown(item) for item in unknown_in_order(result))),
        _section("ignored", map(_ignored, ignored)),
        _section("allowed", _allowed(result.allowances)),
        _section(*_compared(result)),
        _section("to mend", _remedies(result.standing)),
        _section("files", map(_file, files_in_order(result)) if every_file else ()),
        _section("notes", (f"  {_filled(note, 2)}" for note in result.notes)),
        summary_line(result),
    ]
    return "\n\n".join(part for part in parts if part)


def summary_line(result: ScanResult) -> str:
    """``137 files: 120 inspected, 15 not models, 2 could not tell; 3 findings (1 critical, 2 low); 1 ignored``."""
    standing = result.standing
    files = ", ".join(
        (
            f"{result.with_outcome(Outcome.INSPECTED):,} inspected",
            f"{result.with_outcome(Outcome.HARMLESS):,} not models",
            f"{result.with_outcome(Outcome.UNKNOWN):,} could not tell",
        )
    )
    severities = ", ".join(f"{number:,} {severity.word}" for severity, number in counted(standing).items() if number)
    found = f"{_count(len(standing), 'finding')}{f' ({severities})' if severities else ''}"
    ignored = len(result.findings) - len(standing)
    accepted = f"; {ignored:,} ignored" if ignored else ""
    return f"{_count(len(result.files), 'file')}: {files}; {found}{accepted}"


def _by_file(result: ScanResult) -> Iterator[str]:
    files = {file.path: file for file in result.files}
    for path, findings in groupby(in_order(result.standing), key=lambda finding: finding.path):
        file = files.get(path)
        about = "" if file is None else f"  {visible(', '.join(file.formats))}"
        digest = "" if file is None or file.digest is None else f"  {click.style(str(file.digest), dim=True)}"
        yield "\n".join([f"{click.style(visible(path), bold=True)}{about}{digest}", *map(_finding, findings)])


def _finding(finding: Finding) -> str:
    severity = click.style(
        finding.severity.word, fg=_COLOURS[finding.severity], bold=finding.severity >= Severity.CRITICAL
    )
    place = visible(str(finding.location))
    head = " · ".join(
        part for part in (severity, f"{finding.confidence.word} confidence", visible(finding.rule), place) if part
    )
    return f"  {head}\n      {_filled(finding.message, 6)}"


def _unknown(item: Unknown) -> str:
    # The reason says at which byte.
    head = "  ".join(filter(None, (click.style(visible(item.path), bold=True), visible(item.location.member))))
    return f"  {head}\n      {_filled(item.reason, 6)}"


def _ignored(finding: Finding) -> str:
    assert finding.ignored is not None, "only those are given"
    place = visible(str(finding.location))
    head = " · ".join(part for part in (visible(finding.path), finding.severity.word, finding.rule, place) if part)
    why = f"ignored until {visible(finding.ignored.until)}: {finding.ignored.reason}"
    return f"  {head}\n      {_filled(finding.message, 6)}\n      {_filled(why, 6)}"


def _compared(result: ScanResult) -> tuple[str, Iterable[str]]:
    if result.comparison is None:
        return "", ()
    return f"against {visible(result.comparison.base)}", comparison_lines(result.comparison)


def _allowed(allowances: Iterable[Allowance]) -> Iterator[str]:
    """Each name once, whichever files it was for."""
    for name, until, reason in sorted({(item.name, item.until, item.reason) for item in allowances}):
        yield f"  {_filled(f'{name} until {until}: {reason}', 6)}"


def _remedies(findings: Iterable[Finding]) -> Iterator[str]:
    """Each remedy once, under the rules that share it."""
    shared: dict[str, set[str]] = {}
    for finding in findings:
        if finding.remedy:
            shared.setdefault(finding.remedy, set()).add(finding.rule)
    for rules, remedy in sorted((sorted(rules), remedy) for remedy, rules in shared.items()):
        yield f"  {click.style(_filled(', '.join(rules), 2), bold=True)}\n      {_filled(remedy, 6)}"


def _file(file: Scanned) -> str:
    formats = visible(", ".join(file.formats))
    return f"  {file.outcome.value:<14}  {visible(file.path)}{f'  {formats}' if formats else ''}"


def _section(title: str, lines: Iterable[str]) -> str:
    listed = list(lines)
    return "\n".join([click.style(title, bold=True), *listed]) if listed else ""


def _filled(text: str, indent: int) -> str:
    """``text`` in lines as wide as the page, every one but the first indented."""
    filled = textwrap.fill(visible(text), _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return filled.replace("\n", "\n" + " " * indent)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
