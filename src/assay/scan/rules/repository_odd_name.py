"""A file's name is not what it looks like.

## Why it matters
People and programs go by names. A character that reverses the direction of writing, one that is not shown, or a
Cyrillic letter among Latin ones makes one file pass as another; a control character breaks the terminal or the script
that lists it. Two names that differ only in case or in how an accent is written are one file on some machines, and
which of the two a library reads there is not what was inspected here.

## Example
`config.json` with a Cyrillic first letter beside the real one; `model[U+202E]gpj.py`, which is shown as
`modelyp.jpg`.

## Remedy
Rename the file, or ask where it comes from.

## References
CWE-1007 (visually deceptive characters); CWE-178 (case sensitivity); CVE-2021-42574.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.odd_names import odd_names


def check(view: Repository) -> Iterator[Hit]:
    """Hidden characters, letters that look alike, names that are the same elsewhere."""
    for path, how in odd_names(view.paths):
        yield Hit(f"its name {how}", member=path)


RULE = Rule(
    id="repository-odd-name",
    reads=Repository.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
