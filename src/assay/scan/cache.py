"""Results that were reached before for the same bytes and the same rules: SQLite in the user's cache folder.

A result is kept under the digest of the bytes, the file's last name (which can make more readers look) and what judged
it. The bytes are hashed each time: a file's size and times only *suggest* that it was seen before, and so that hashing
it first is worth while; they never stand in for its bytes (docs/adr/0010). Only complete results are kept: what could
not be told is tried anew each time.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from assay.core.digest import Digest
from assay.core.finding import Confidence, Finding, Location, Outcome, Scanned, Severity
from assay.formats.view import Fact
from assay.hashing.reading import identity
from assay.scan.inspection import Inspection

#: Rows that are kept; beyond that, those of other rules go, or all.
KEPT: Final = 400_000

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS result (
    name TEXT NOT NULL, judged TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (name, judged)
) STRICT, WITHOUT ROWID
"""
_FIND: Final = "SELECT body FROM result WHERE name = ? AND judged = ?"


class Cache:
    """Results in a folder. Whatever is wrong with it, nothing is found and nothing is kept; it never raises.

    It can be handed to other processes, each of which opens the database for itself.

    :param folder: made when it is not there
    :param judged: what decides a result besides the bytes and the name: rules, limits, allowances
    """

    def __init__(self, folder: Path, judged: str) -> None:
        self._folder = folder
        self._judged = judged
        self._process = 0
        self._database: sqlite3.Connection | None = None

    def __getstate__(self) -> tuple[Path, str]:
        return self._folder, self._judged

    def __setstate__(self, state: tuple[Path, str]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def __del__(self) -> None:
        """Close the database, which newer Pythons want to be told; never that of the process this was forked from."""
        if self._database is not None and self._process == os.getpid():
            self._database.close()

    def suggests(self, status: os.stat_result) -> bool:
        """Whether a file with this status was inspected before, as far as its size and times tell."""
        return self._find(_look(status)) is not None

    def find(self, digest: Digest, path: str, size: int) -> Inspection | None:
        """What was found before in these bytes under this last name, as a result for ``path``; or ``None``."""
        body = self._find(_key(digest, path))
        if body is None:
            return None
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return _restored(path, digest, size, json.loads(body))
        return None

    def keep(self, inspections: Iterable[tuple[Inspection, os.stat_result]]) -> None:
        """Remember the complete ones among these results."""
        rows: list[tuple[str, str, str]] = []
        for inspection, status in inspections:
            digest = inspection.file.digest
            if digest is not None and _complete(inspection):
                rows.append((_key(digest, inspection.file.path), self._judged, json.dumps(_body(inspection))))
                rows.append((_look(status), self._judged, ""))
        database = self._open()
        if rows and database is not None:
            with contextlib.suppress(sqlite3.Error), database:
                (count,) = database.execute("SELECT count(*) FROM result").fetchone()
                if count + len(rows) > KEPT:
                    database.execute("DELETE FROM result WHERE judged <> ?", (self._judged,))
                    if database.total_changes * 2 < count:
                        database.execute("DELETE FROM result")
                database.executemany("INSERT OR REPLACE INTO result VALUES (?, ?, ?)", rows)

    def _find(self, name: str) -> str | None:
        database = self._open()
        if database is not None:
            with contextlib.suppress(sqlite3.Error):
                row = database.execute(_FIND, (name, self._judged)).fetchone()
                return None if row is None else str(row[0])
        return None

    def _open(self) -> sqlite3.Connection | None:
        if self._process != os.getpid():  # a connection must not cross a fork
            self._process = os.getpid()
            self._database = None
            with contextlib.suppress(OSError, sqlite3.Error):
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                database = sqlite3.connect(self._folder / "scan.sqlite", timeout=1.0)
                try:
                    database.execute("PRAGMA synchronous = OFF")  # losing it costs a scan, nothing else
                    with database:
                        database.execute(_SCHEMA)
                except sqlite3.Error:
                    database.close()
                    raise
                self._database = database
        return self._database


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where results are kept for this user."""
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path(environment.get("HOME", "/nonexistent")) / ".cache") / "assay"


def _complete(inspection: Inspection) -> bool:
    return not inspection.unknown and inspection.file.outcome is not Outcome.UNKNOWN


def _key(digest: Digest, path: str) -> str:
    return f"{digest.value}/{path.rpartition('/')[2]}"


def _look(status: os.stat_result) -> str:
    return "-".join(map(str, identity(status)))


def _body(inspection: Inspection) -> dict[str, Any]:
    file = inspection.file
    body: dict[str, Any] = {"f": file.formats, "o": file.outcome.value}
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


def _restored(path: str, digest: Digest, size: int, body: Mapping[str, Any]) -> Inspection:
    findings = tuple(
        Finding(rule, Severity(severity), Confidence(confidence), path, Location(member, offset, line), message, remedy,
                tuple(threats))
        for rule, severity, confidence, member, offset, line, message, remedy, threats in body.get("n", ())
    )  # fmt: skip
    facts = tuple(Fact(*fact) for fact in body.get("a", ()))
    file = Scanned(path, tuple(body["f"]), digest, size, Outcome(body["o"]))
    return Inspection(file, findings, (), facts)
