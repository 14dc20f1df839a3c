"""How the gate names things to people: short, and never with a character that could deceive a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from assay.core.digest import Digest
from assay.core.evidence import Build, Evaluation
from assay.core.manifest import Comparison

_LONGEST: Final = 200
_LISTED: Final = 10


def shown(text: str, *, longest: int = _LONGEST) -> str:
    """``text`` if it is printable, else with escapes for line breaks, terminal codes and bidirectional marks."""
    cut = text if len(text) <= longest else f"{text[:longest]}…"
    if not cut:
        return "(nameless)"
    return cut if cut.isprintable() else cut.encode("unicode_escape").decode("ascii")


def listing(names: Iterable[str], *, limit: int = _LISTED) -> str:
    """``a, b and 3 more``; nothing is dropped without being counted."""
    every = [shown(name) for name in names]
    head, rest = every[:limit], len(every) - limit
    return f"{', '.join(head)} and {rest} more" if rest > 0 else ", ".join(head)


def count(number: int, what: str) -> str:
    """``1 build``, ``2 builds``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def digest(value: Digest) -> str:
    """Algorithm and the first twelve digits."""
    return f"{value.algorithm}:{value.short}"


def run(of: Build | Evaluation) -> str:
    """A stage's run and where to look it up in the ledger."""
    return f"stage {shown(of.stage)} (entry {of.entry})"


def utc(moment: datetime) -> datetime:
    """``moment`` in UTC; without a zone it is taken for UTC, as in-toto and SLSA write their times."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def clock(moment: datetime) -> str:
    """Date and time with the zone."""
    return utc(moment).isoformat(sep=" ", timespec="seconds")


def age(span: timedelta) -> str:
    """A time span in the unit that suits it."""
    seconds = span.total_seconds()
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def differences(folder: str, comparison: Comparison | None) -> str:
    """``model/evil.py was added, model/model.onnx was altered``; empty when no file can be told apart."""
    if comparison is None:
        return ""
    told = [
        f"{folder}/{path} {what}"
        for what, paths in (
            ("was added", comparison.added),
            ("is missing", comparison.missing),
            ("was altered", comparison.altered),
        )
        for path in paths
    ]
    return listing(told)
