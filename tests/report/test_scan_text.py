"""The text of a scan: readable, complete, and nothing in it can deceive a terminal."""

from __future__ import annotations

from dataclasses import replace

import click

from assay.core.scan import ScanResult
from assay.report.scan_text import scan_text, summary_line

EXPECTED = """\
models/a.bin  pickle  sha256:2222222222222222222222222222222222222222222222222222222222222222
  low · medium confidence · odd-name · byte 4,711
      an odd name

models/b.pt  torch, zip  sha256:3333333333333333333333333333333333333333333333333333333333333333
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

4 files: 2 inspected, 1 not models, 1 could not tell; 3 findings (2 critical, 1 low); 1 ignored"""


def test_it_reads_by_file_the_worst_first_each_remedy_once(scan: ScanResult) -> None:
    """Nothing found, not told or accepted is left out."""
    assert click.unstyle(scan_text(scan)) == EXPECTED


def test_every_file_is_listed_when_asked(scan: ScanResult) -> None:
    """With what it was read as."""
    text = click.unstyle(scan_text(scan, every_file=True))
    assert "  not a model     models/README.md  text\n" in text
    assert "  could not tell  models/c.h5  hdf5\n" in text


def test_a_clean_scan_is_one_line(scan: ScanResult) -> None:
    """Silence about what is fine."""
    clean = replace(scan, findings=(), unknown=(), files=scan.files[:1], notes=(), allowances=())
    assert (
        scan_text(clean) == summary_line(clean) == ("1 file: 0 inspected, 1 not models, 0 could not tell; 0 findings")
    )


def test_hostile_names_are_shown_escaped(hostile: ScanResult) -> None:
    """No control, no bidirectional mark, no line break of theirs."""
    text = click.unstyle(scan_text(hostile, every_file=True))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert r"evil\x1b[2J\n\u202ename\udcff\x00" in text
