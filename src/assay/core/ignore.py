"""Findings that a person accepted: each with a reason and a last day, and never out of sight."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from assay.core.digest import Digest
from assay.core.finding import Finding, Ignored, Scanned

#: Nothing is accepted for longer: by then somebody has to look again.
LONGEST: Final = timedelta(days=366)

_WILDCARDS: Final = re.compile(r"(\*\*/|\*\*|\*|\?)")
_MEANING: Final = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True, slots=True)
class Ignore:
    """An entry of an ignore list.

    :param rule: the id of the rule whose findings are accepted
    :param reason: why
    :param until: the last day it holds
    :param path: which files, as findings name them: ``*`` and ``?`` within a part, ``**`` across parts; every file
        without it
    :param digest: only a file with these bytes
    """

    rule: str
    reason: str
    until: date
    path: str | None = None
    digest: Digest | None = None

    def __str__(self) -> str:
        parts = [self.rule, self.path or "", self.digest.short if self.digest else ""]
        return f"the ignore of {' '.join(filter(None, parts))}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """``findings`` in the order they came, those that are accepted marked; ``notes`` about entries that do nothing."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def apply(
    findings: Iterable[Finding], ignores: Iterable[Ignore], today: date, files: Iterable[Scanned] = ()
) -> Accepted:
    """Mark the findings that an entry accepts today.

    An entry that has run out, or whose end is more than a year away, accepts nothing; that, and an entry that nothing
    fits, is told.

    :param files: the digests of what was scanned, for the entries that ask for one
    """
    entries = tuple(ignores)
    notes = [note for entry in entries if (note := _unfit(entry, today))]
    fit = [entry for entry in entries if not _unfit(entry, today)]
    digests = {file.path: file.digest for file in files} if any(entry.digest for entry in fit) else {}
    by_rule: dict[str, list[Ignore]] = {}
    for entry in fit:
        by_rule.setdefault(entry.rule, []).append(entry)
    used: set[Ignore] = set()
    marked: list[Finding] = []
    for finding in findings:
        candidates = by_rule.get(finding.rule, ()) if finding.ignored is None else ()
        by = next((item for item in candidates if _accepts(item, finding, digests.get(finding.path))), None)
        if by is None:
            marked.append(finding)
        else:
            used.add(by)
            marked.append(replace(finding, ignored=Ignored(by.reason, by.until.isoformat())))
    notes += [f"{entry} fits no finding; remove it" for entry in fit if entry not in used]
    return Accepted(tuple(marked), tuple(notes))


def _unfit(entry: Ignore, today: date) -> str:
    if entry.until < today:
        return f"{entry} ended on {entry.until} and no longer counts; it said: {entry.reason}"
    if entry.until - today > LONGEST:
        return f"{entry} is until {entry.until}, more than a year away, and does not count; give it a nearer end"
    return ""


def _accepts(entry: Ignore, finding: Finding, digest: Digest | None) -> bool:
    if entry.digest is not None and digest != entry.digest:
        return False
    return entry.path is None or _pattern(entry.path).fullmatch(finding.path.removeprefix("./")) is not None


@lru_cache(maxsize=1024)
def _pattern(path: str) -> re.Pattern[str]:
    pieces = _WILDCARDS.split(path.removeprefix("./"))
    return re.compile("".join(_MEANING.get(piece) or re.escape(piece) for piece in pieces), re.DOTALL)
