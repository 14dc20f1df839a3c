"""What an attacker does to a project's files and ledger, with no more than write access to them."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.attest.checkpoints import NoteSigner, NoteVerifier
from assay.attest.keys import generate_key
from assay.attest.sign import sign_statement
from assay.attest.signers.local import LocalSigner
from assay.attest.trust import Identity, Role, Trust
from assay.core.envelope import parse_envelope
from assay.core.errors import SignatureError
from assay.core.statement import PROVENANCE, Statement, Subject, parse_statement
from assay.hashing.artifact import hash_artifact
from assay.pipeline.project import load_signer, open_project
from assay.store.ledger import Ledger

Attack = Callable[[Path], object]


def flip(path: Path) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@contextmanager
def tables(project: Path) -> Iterator[sqlite3.Connection]:
    """The ledger's tables, opened behind its back."""
    connection = sqlite3.connect(project / ".assay" / "ledger.db")
    with connection:
        yield connection
    connection.close()


def envelopes(project: Path, predicate_type: str) -> list[tuple[int, bytes]]:
    """Every entry of a predicate type, with its envelope."""
    with Ledger.open(project / ".assay" / "ledger.db") as ledger:
        return [
            (entry, ledger.entry(entry).envelope)
            for entry in reversed(list(ledger.find(predicate_type=predicate_type)))
        ]


def stage_entry(project: Path, stage: str) -> int:
    """The entry with the provenance of ``stage``."""
    for entry, envelope in envelopes(project, PROVENANCE):
        definition = parse_statement(parse_envelope(envelope).payload).predicate["buildDefinition"]
        if definition["externalParameters"]["stage"] == stage:  # type: ignore[index, call-overload]
            return entry
    raise AssertionError(stage)


def rewrite(project: Path, entry: int, change: Callable[[dict[str, object]], None]) -> None:
    """Edit the statement in an entry and keep its signature."""
    with tables(project) as connection:
        (envelope,) = connection.execute("SELECT envelope FROM entries WHERE entry = ?", (entry,)).fetchone()
        document = json.loads(envelope)
        statement = json.loads(base64.b64decode(document["payload"]))
        change(statement)
        document["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
        connection.execute("UPDATE entries SET envelope = ? WHERE entry = ?", (json.dumps(document).encode(), entry))


def delete(project: Path, entry: int) -> None:
    """Delete an entry and let the later ones move up, in every table that names them."""
    with tables(project) as connection:
        connection.execute("DELETE FROM entries WHERE entry = ?", (entry,))
        connection.execute("DELETE FROM subjects WHERE entry = ?", (entry,))
        for table in ("entries", "subjects"):
            rows = connection.execute(f"SELECT DISTINCT entry FROM {table} WHERE entry > ? ORDER BY entry", (entry,))
            for (later,) in rows.fetchall():
                connection.execute(f"UPDATE {table} SET entry = ? WHERE entry = ?", (later - 1, later))


def swap(project: Path, one: int, other: int) -> None:
    """Exchange two entries."""
    with tables(project) as connection:
        for table in ("entries", "subjects"):
            for old, new in ((one, -1), (other, one), (-1, other)):
                connection.execute(f"UPDATE {table} SET entry = ? WHERE entry = ?", (new, old))


def cut_tail(project: Path, keep: int) -> None:
    """Cut everything after the first ``keep`` entries from every table, checkpoints and tree included."""
    with tables(project) as connection:
        connection.execute("DELETE FROM entries WHERE entry >= ?", (keep,))
        connection.execute("DELETE FROM subjects WHERE entry >= ?", (keep,))
        connection.execute("DELETE FROM checkpoints WHERE size > ?", (keep,))
        from assay.core import merkle

        connection.execute("DELETE FROM nodes WHERE number >= ?", (merkle.node_count(keep),))


def stranger(project: Path) -> tuple[LocalSigner, Trust]:
    """A key that nobody trusts, and a trust file that trusts it."""
    signer = LocalSigner("mallory", generate_key())
    origin = open_project(project).trust.origin
    return signer, Trust(origin, (Identity("mallory", signer.key.public, frozenset(Role)),))


def forged_build(project: Path, stage: str, output: str, signer: LocalSigner) -> bytes:
    """The provenance of ``stage``, altered to be about what lies at ``output`` now, and signed by ``signer``."""
    entry = stage_entry(project, stage)
    with Ledger.open(project / ".assay" / "ledger.db") as ledger:
        genuine = parse_statement(parse_envelope(ledger.entry(entry).envelope).payload)
    artifact = hash_artifact(project / output, name=output)
    subjects = (Subject(output, artifact.digest), *(Subject(name, digest) for name, digest in artifact.files()))
    return sign_statement(Statement(subjects, genuine.predicate_type, genuine.predicate), signer).render()


def append_as(project: Path, envelope: bytes, signer: LocalSigner, trust: Trust) -> None:
    """Append ``envelope`` under a checkpoint by ``signer``, verifying as the attacker does."""
    genuine = open_project(project)

    class Both:
        def verify_note(self, note: str) -> object:
            try:
                return genuine.verifier.verify_note(note)
            except SignatureError:
                return NoteVerifier(trust).verify_note(note)

    with Ledger.open(project / ".assay" / "ledger.db", writable=True) as ledger:
        ledger.append([envelope], signer=NoteSigner(signer), verifier=Both())  # type: ignore[arg-type]


def append_with_help(project: Path, envelope: bytes) -> None:
    """Append ``envelope`` under a genuine checkpoint: somebody who may write the log takes in what they are handed."""
    opened = open_project(project)
    signer = load_signer(opened, lambda _: b"")
    with opened.open_ledger(writable=True) as ledger:
        ledger.append([envelope], signer=NoteSigner(signer), verifier=opened.verifier, witness=opened.witness)
