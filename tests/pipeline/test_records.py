"""The index leads to entries; what counts is what the signed statement says."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from assay.core.digest import SHA256, Digest
from assay.core.statement import PROVENANCE
from assay.pipeline.project import open_project
from assay.pipeline.records import Records

EVIL = Digest(SHA256, "e" * 64)


def edit_index(project: Path, statement: str, *values: str) -> None:
    connection = sqlite3.connect(project / ".assay" / "ledger.db")
    with connection:
        connection.execute(statement, values)
    connection.close()


def test_an_index_row_that_names_other_bytes_leads_to_nothing(project: Path) -> None:
    """Genuine provenance, filed under the digest of something else."""
    edit_index(project, "UPDATE subjects SET digest = ? WHERE name = 'data/raw.txt'", str(EVIL))
    opened = open_project(project)
    with opened.open_ledger() as ledger:
        records = Records(ledger, opened.trust)
        assert list(records.builds(name="data/raw.txt", digest=EVIL)) == []
        assert list(records.builds(digest=EVIL)) == []
        assert records.used == set()
        assert [build.stage for build in records.builds(name="data/raw.txt")] == ["collect"]


def test_an_index_row_of_another_predicate_leads_to_nothing(project: Path) -> None:
    """A test result, filed as provenance."""
    edit_index(project, "UPDATE subjects SET predicate_type = ? WHERE entry = 3", PROVENANCE)
    opened = open_project(project)
    with opened.open_ledger() as ledger:
        records = Records(ledger, opened.trust)
        assert [build.entry for build in records.builds(name="model")] == [1]
        assert 3 in records.rejected
