"""Results that were reached before, for bytes and rules that are the same: SQLite in the user's cache folder.

A file counts as the one that was inspected when its device, inode, size and both its times are; the time of the last
change of status cannot be set back by whoever writes the file. A file that was changed shortly before it was inspected
is inspected again, as Git does. Only complete results are kept: what could not be told is tried anew each time.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from assay.core.digest import SHA256, Digest
from assay.core.finding import Confidence, Finding, Location, Outcome, Scanned, Severity
from assay.formats.view import Fact
from assay.hashing.reading import identity
from assay.scan.inspection import Inspection

#: Nanoseconds that must lie between a file's last change and its inspection for the result to be kept.
SETTLED: Final = 2_000_000_000
#: Results that are kept; beyond that, those of other rules go, or all.
KEPT: Final = 200_000

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS result (
    file TEXT NOT NULL, judged TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (file, judged)
) STRICT, WITHOUT ROWID
"""
_FIND: Final = "SELECT body FROM result WHERE file = ? AND judged = ?"


class Cache:
    """Open with :func:`opened_cache`.

    :param judged: what decides a result besides the bytes and the name: rules, limits, allowances
    """

    def __init__(self, database: sqlite3.Connection, judged: str) -> None:
        self._database = database
        self._judged = judged
        self._usable = self._prepare()

    def find(self, path: str, status: os.stat_result) -> Inspection | None:
        """What was found in this file before, or ``None``."""
        if not self._usable:
            return None
        with contextlib.suppress(sqlite3.Error, ValueError, KeyError, TypeError):
            row = self._database.execute(_FIND, (_key(path, status), self._judged)).fetchone()
            return None if row is None else _restored(path, status, json.loads(row[0]))
        return None

    def keep(self, inspections: Iterable[tuple[Inspection, os.stat_result]]) -> None:
        """Remember complete results of files that lay still; the status is from before they were opened."""
        now = time.time_ns()
        rows = [
            (_key(inspection.file.path, status), self._judged, json.dumps(_body(inspection)))
            for inspection, status in inspections
            if _complete(inspection) and now - max(status.st_mtime_ns, status.st_ctime_ns) > SETTLED
        ]
        if rows:
            with (
                contextlib.suppress(sqlite3.Error),
                self._database,
            ):  # a cache that cannot be written is no reason to fail
                self._database.executemany("INSERT OR REPLACE INTO result VALUES (?, ?, ?)", rows)

    def _prepare(self) -> bool:
        try:
            with self._database:
                self._database.execute(_SCHEMA)
        except sqlite3.Error:
            return False
        return True

    def _prune(self, coming: int) -> None:
        (count,) = self._database.execute("SELECT count(*) FROM result").fetchone()
        if count + coming > KEPT:
            self._database.execute("DELETE FROM result WHERE judged <> ?", (self._judged,))
            if self._database.total_changes * 2 < count:
                self._database.execute("DELETE FROM result")


@contextlib.contextmanager
def opened_cache(folder: Path, judged: str) -> Iterator[Cache | None]:
    """The cache in this folder, which is made when it is not there; ``None`` when it cannot be used."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = sqlite3.connect(folder / "scan.sqlite", timeout=1.0)
    except (OSError, sqlite3.Error):
        yield None
        return
    try:
        with contextlib.suppress(sqlite3.Error):
            database.execute("PRAGMA synchronous = OFF")  # losing it costs a scan, nothing else
        yield Cache(database, judged)
    finally:
        database.close()


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where results are kept for this user."""
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path(environment.get("HOME", "/nonexistent")) / ".cache") / "assay"


def _complete(inspection: Inspection) -> bool:
    return not inspection.unknown and inspection.file.outcome is not Outcome.UNKNOWN


def _key(path: str, status: os.stat_result) -> str:
    # The last name decides which readers look as well.
    return "-".join(map(str, identity(status))) + "/" + path.rpartition("/")[2]


def _body(inspection: Inspection) -> dict[str, Any]:
    file = inspection.file
    assert file.digest is not None, "complete"
    body: dict[str, Any] = {"f": file.formats, "d": file.digest.value, "o": file.outcome.value}
    if inspection.findings:
        body["n"] = [
            [
                found.rule, int(found.severity), int(found.confidence), found.location.member, found.location.offset,
                found.location.line, found.message, found.remedy, found.threats,
            ]
            for found in inspection.findings
        ]  # fmt: skip
    if inspection.facts:
        body["a"] = [[fact.kind, fact.value, fact.offset] for fact in inspection.facts]
    return body


def _restored(path: str, status: os.stat_result, body: Mapping[str, Any]) -> Inspection:
    digest = Digest(SHA256, body["d"])
    findings = tuple(
        Finding(rule, Severity(severity), Confidence(confidence), path, Location(member, offset, line), message, remedy,
                tuple(threats))
        for rule, severity, confidence, member, offset, line, message, remedy, threats in body.get("n", ())
    )  # fmt: skip
    facts = tuple(Fact(*fact) for fact in body.get("a", ()))
    file = Scanned(path, tuple(body["f"]), digest, status.st_size, Outcome(body["o"]))
    return Inspection(file, findings, (), facts)
