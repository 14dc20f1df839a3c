"""The store's content and the findings of its audit, as text and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from assay.core.digest import Digest
from assay.core.finding import Finding
from assay.core.jsontext import Json
from assay.core.visible import visible


class Version(Protocol):
    """One version in the store, as its push was recorded."""

    @property
    def entry(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> Digest: ...
    @property
    def size(self) -> int: ...
    @property
    def signer(self) -> str: ...
    @property
    def time(self) -> datetime: ...


def stored_text(versions: Sequence[Version]) -> str:
    """One line per version."""
    lines = [
        f"{item.time:%Y-%m-%d %H:%M}  {item.digest}  {item.size:>15,}  {visible(item.signer)}  {visible(item.name)}"
        for item in versions
    ]
    return "\n".join(lines) or "nothing was pushed yet"


def stored_json(versions: Sequence[Version]) -> Json:
    """The same, for programs."""
    found: list[Json] = [
        {
            "entry": item.entry,
            "name": item.name,
            "digest": str(item.digest),
            "size": item.size,
            "signer": item.signer,
            "time": item.time.isoformat(),
        }
        for item in versions
    ]
    return {"stored": found}


def finding_text(finding: Finding) -> str:
    """A finding in three lines."""
    head = f"{finding.severity.word}  {finding.rule}  {visible(finding.path)}"
    return f"{head}\n  {visible(finding.message)}\n  mend  {finding.remedy}"


def findings_json(findings: Sequence[Finding]) -> Json:
    """The same, for programs."""
    found: list[Json] = [
        {
            "rule": item.rule,
            "severity": item.severity.word,
            "path": item.path,
            "message": item.message,
            "remedy": item.remedy,
        }
        for item in findings
    ]
    return {"findings": found}
