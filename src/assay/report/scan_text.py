"""A scan as text for people: by file, the worst first, with what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import Final

import click

from assay.core.allowance import Allowance
from assay.core.finding import Finding, Outcome, Scanned, Severity, Unknown
from assay.core.scan import FAIL_ON, ScanResult, counted, in_order
from assay.core.visible import visible
from assay.report.comparison import comparison_lines
from assay.report.scan_json import files_in_order, unknown_in_order

#: Columns that a page has where nothing says how many there are.
WIDTH: Final = 100
#: Breaks a text into lines that fit behind so many columns.
Fill = Callable[[str, int], str]

_COLOURS: Final = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "blue",
}


def scan_text(
    result: ScanResult,
    *,
    fail_on: Severity = FAIL_ON,
    allow_unknown: bool = False,
    every_file: bool = False,
    width: int = WIDTH,
) -> str:
    """Findings by file, what could not be told, what somebody accepted, the remedies once each, counts and verdict.

    Nothing that was taken from a file can move the cursor: such characters stand as escapes.

    :param fail_on: the severity from which on findings are held against what was scanned
    :param allow_unknown: what could not be told is not held against it
    :param every_file: list the files that nothing was found in, too, with their formats
    :param width: columns of the page
    """
    fill = partial(_filled, width=width)
    ignored = [finding for finding in in_order(result.findings) if finding.ignored is not None]
    parts = [
        *_by_file(result, fill),
        _section("could not tell", (_unknown(item, fill) for item in unknown_in_order(result))),
        _section("ignored", (_ignored(finding, fill) for finding in ignored)),
        _section("allowed", _allowed(result.allowances, fill)),
        _section(*_compared(result)),
        _section("to mend", _remedies(result.standing, fill)),
        _section("files", map(_file, files_in_order(result)) if every_file else ()),
        _section("notes", (f"  {fill(note, 2)}" for note in result.notes)),
        f"{summary_line(result)}\n{verdict_line(result, fail_on, allow_unknown=allow_unknown)}",
    ]
    return "\n\n".join(part for part in parts if part)


def verdict_line(result: ScanResult, fail_on: Severity = FAIL_ON, *, allow_unknown: bool = False) -> str:
    """What the exit status is, and why: the worst that was found, or that something could not be told."""
    status = result.exit_code(fail_on, allow_unknown=allow_unknown)
    if status == 1:
        held = sum(finding.severity >= fail_on for finding in result.standing)
        why = f"{_count(held, 'finding')} at or above {fail_on.word}"
    elif status:
        why = "not everything could be told"
    else:
        why = f"nothing at or above {fail_on.word}"
        if not result.fully_covered:
            why += ", and what could not be told is allowed"
    return click.style(f"exit status {status}: {why}", fg="red" if status == 1 else "yellow" if status else "green")


def summary_line(result: ScanResult) -> str:
    """``137 files: 120 inspected, 15 not models, 2 could not tell; 3 findings (1 critical, 2 low); 1 ignored``."""
    standing = result.standing
    harmless = result.with_outcome(Outcome.HARMLESS)
    files = ", ".join(
        (
            f"{result.with_outcome(Outcome.INSPECTED):,} inspected",
            f"{harmless:,} not {'a model' if harmless == 1 else 'models'}",
            f"{result.with_outcome(Outcome.UNKNOWN):,} could not tell",
        )
    )
    severities = ", ".join(f"{number:,} {severity.word}" for severity, number in counted(standing).items() if number)
    found = f"{_count(len(standing), 'finding')}{f' ({severities})' if severities else ''}"
    ignored = len(result.findings) - len(standing)
    accepted = f"; {ignored:,} ignored" if ignored else ""
    return f"{_count(len(result.files), 'file')}: {files}; {found}{accepted}"


def _by_file(result: ScanResult, fill: Fill) -> Iterator[str]:
    files = {file.path: file for file in result.files}
    for path, findings in groupby(in_order(result.standing), key=lambda finding: finding.path):
        file = files.get(path)
        about = "" if file is None else f"  {visible(', '.join(file.formats))}"
        lines = [f"{click.style(visible(path), bold=True)}{about}"]
        if file is not None and file.digest is not None:
            lines.append(f"  {click.style(str(file.digest), dim=True)}")
        for head, same in groupby(findings, key=_head):
            lines += [f"  {head}", *(f"      {fill(finding.message, 6)}" for finding in same)]
        yield "\n".join(lines)


def _head(finding: Finding) -> str:
    """What findings of one rule in one place share; what they say stands below."""
    severity = click.style(
        finding.severity.word, fg=_COLOURS[finding.severity], bold=finding.severity >= Severity.CRITICAL
    )
    place = visible(str(finding.location))
    return " · ".join(
        part for part in (severity, f"{finding.confidence.word} confidence", visible(finding.rule), place) if part
    )


def _unknown(item: Unknown, fill: Fill) -> str:
    # The reason says at which byte.
    head = "  ".join(filter(None, (click.style(visible(item.path), bold=True), visible(item.location.member))))
    return f"  {head}\n      {fill(item.reason, 6)}"


def _ignored(finding: Finding, fill: Fill) -> str:
    assert finding.ignored is not None, "only those are given"
    place = visible(str(finding.location))
    head = " · ".join(part for part in (visible(finding.path), finding.severity.word, finding.rule, place) if part)
    why = f"ignored until {visible(finding.ignored.until)}: {finding.ignored.reason}"
    return f"  {head}\n      {fill(finding.message, 6)}\n      {fill(why, 6)}"


def _compared(result: ScanResult) -> tuple[str, Iterable[str]]:
    if result.comparison is None:
        return "", ()
    return f"against {visible(result.comparison.base)}", comparison_lines(result.comparison)


def _allowed(allowances: Iterable[Allowance], fill: Fill) -> Iterator[str]:
    """Each name once, whichever files it was for."""
    for name, until, reason in sorted({(item.name, item.until, item.reason) for item in allowances}):
        yield f"  {fill(f'{name} until {until}: {reason}', 6)}"


def _remedies(findings: Iterable[Finding], fill: Fill) -> Iterator[str]:
    """Each remedy once, under the rules that share it."""
    shared: dict[str, set[str]] = {}
    for finding in findings:
        if finding.remedy:
            shared.setdefault(finding.remedy, set()).add(finding.rule)
    for rules, remedy in sorted((sorted(rules), remedy) for remedy, rules in shared.items()):
        yield f"  {click.style(fill(', '.join(rules), 2), bold=True)}\n      {fill(remedy, 6)}"


def _file(file: Scanned) -> str:
    formats = visible(", ".join(file.formats))
    return f"  {file.outcome.value:<14}  {visible(file.path)}{f'  {formats}' if formats else ''}"


def _section(title: str, lines: Iterable[str]) -> str:
    listed = list(lines)
    return "\n".join([click.style(title, bold=True), *listed]) if listed else ""


def _filled(text: str, indent: int, *, width: int) -> str:
    """``text`` in lines as wide as the page, every one but the first indented."""
    filled = textwrap.fill(visible(text), width - indent, break_long_words=False, break_on_hyphens=False)
    return filled.replace("\n", "\n" + " " * indent)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
