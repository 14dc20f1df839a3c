"""The text of a scan: readable, complete, and nothing in it can deceive a terminal."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest

from assay.core.finding import Severity
from assay.core.scan import ScanResult
from assay.report.scan_text import scan_text, summary_line, verdict_line

EXPECTED = """\
models/a.bin  pickle
  sha256:2222222222222222222222222222222222222222222222222222222222222222
  low · medium confidence · odd-name · byte 4,711
      an odd name

models/b.pt  torch, zip
  sha256:3333333333333333333333333333333333333333333333333333333333333333
  critical · high confidence · pickle-unsafe-call · archive/data.pkl, byte 23
      calls os.system with "id"
  critical · high confidence · pickle-unsafe-call · archive/data.pkl, byte 99
      calls os.system with "id"

could not tell
  models/c.h5
      LIMIT members (100000) at byte 8

ignored
  models/a.bin · high · remote-code · byte 4,711
      an odd name
      ignored until 2026-12-31: reviewed by us

allowed
  ours.Model until 2026-06-30: our own class

to mend
  odd-name
      Rename it.
  pickle-unsafe-call
      Do not open it.

notes
  the ignore of old-rule fits no finding; remove it

4 files: 2 inspected, 1 not a model, 1 could not tell; 3 findings (2 critical, 1 low); 1 ignored
exit status 1: 2 findings at or above medium"""


def test_it_reads_by_file_the_worst_first_each_remedy_once(scan: ScanResult) -> None:
    """Nothing found, not told or accepted is left out."""
    assert click.unstyle(scan_text(scan)) == EXPECTED


def test_every_file_is_listed_when_asked(scan: ScanResult) -> None:
    """With what it was read as."""
    text = click.unstyle(scan_text(scan, every_file=True))
    assert "  not a model     models/README.md  text\n" in text
    assert "  could not tell  models/c.h5  hdf5\n" in text


def test_what_one_rule_says_of_one_place_stands_under_one_head(scan: ScanResult) -> None:
    """Severity, rule and place are not told again for each name."""
    first = next(finding for finding in scan.findings if finding.ignored is None)
    second = replace(first, message="one more odd name")
    text = click.unstyle(scan_text(replace(scan, findings=(first, second))))
    assert "  low · medium confidence · odd-name · byte 4,711\n      an odd name\n      one more odd name\n" in text


def test_a_narrow_page_is_not_wider_than_it_may_be(scan: ScanResult) -> None:
    """Prose is broken where the page ends."""
    long = replace(scan.findings[0], message="word " * 40, ignored=None)
    text = click.unstyle(scan_text(replace(scan, findings=(long,)), width=50))
    assert max(len(line) for line in text.splitlines() if "word" in line) <= 50


@pytest.mark.parametrize(
    ("fail_on", "allowed", "expected"),
    [
        (Severity.HIGH, False, "exit status 1: 2 findings at or above high"),
        (Severity.INFO, True, "exit status 1: 3 findings at or above info"),
    ],
)
def test_the_verdict_names_what_is_held_against_it(
    scan: ScanResult, fail_on: Severity, allowed: bool, expected: str
) -> None:
    """The number of findings that count, and from which severity on they do."""
    assert click.unstyle(verdict_line(scan, fail_on, allow_unknown=allowed)) == expected


def test_the_verdict_on_what_could_not_be_told(scan: ScanResult) -> None:
    """It is no pass, and where it is allowed the line says so."""
    quiet = replace(scan, findings=())
    assert click.unstyle(verdict_line(quiet)) == "exit status 2: not everything could be told"
    allowed = click.unstyle(verdict_line(quiet, allow_unknown=True))
    assert allowed == "exit status 0: nothing at or above medium, and what could not be told is allowed"


def test_a_clean_scan_is_two_lines(scan: ScanResult) -> None:
    """Silence about what is fine."""
    clean = replace(scan, findings=(), unknown=(), files=scan.files[:1], notes=(), allowances=())
    counts = "1 file: 0 inspected, 1 not a model, 0 could not tell; 0 findings"
    assert summary_line(clean) == counts
    assert click.unstyle(scan_text(clean)) == f"{counts}\nexit status 0: nothing at or above medium"


def test_hostile_names_are_shown_escaped(hostile: ScanResult) -> None:
    """No control, no bidirectional mark, no line break of theirs."""
    text = click.unstyle(scan_text(hostile, every_file=True))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert r"evil\x1b[2J\n\u202ename\udcff\x00" in text
