"""What the ledger costs, next to what it cannot beat: the same rows in plain SQLite, and SHA-256 of the same bytes.

    python benchmarks/ledger/run.py --sizes 1000 10000 100000 --folder /var/tmp

Every figure is measured in this run; ratios are to the peer measured beside it. See README.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assay.core import merkle
from assay.core.digest import Digest
from assay.core.envelope import Envelope, Signature, pre_authentication_encoding
from assay.core.note import Checkpoint, NoteSignature, SignedNote, note_key_id, parse_checkpoint, parse_note
from assay.core.statement import PAYLOAD_TYPE, Statement, Subject
from assay.store import database
from assay.store.audit import audit, check_head
from assay.store.index import index_rows
from assay.store.ledger import Ledger
from assay.store.witness import Witness

BATCH = 1000
DURABLE = 200  # single appends per measurement: each waits for the disk
SHORT = 1000  # entries of the ledger that a long one's appends are compared with


@dataclass(frozen=True)
class Key:
    """A throw-away Ed25519 key; signs statements and checkpoints."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    name: str = "benchmark"

    def key_id(self) -> bytes:
        return note_key_id(self.name, self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign_note(self, text: str) -> str:
        signature = NoteSignature(self.name, self.key_id(), self.private.sign(text.encode()))
        return SignedNote(text, (signature,)).render()

    def verify_note(self, note: str) -> Checkpoint:
        signed = parse_note(note)
        self.private.public_key().verify(signed.signatures[0].signature, signed.text.encode())
        return parse_checkpoint(signed.text)


def envelopes(key: Key) -> Iterator[bytes]:
    """Small signed test results, all different, about 650 bytes each."""
    number = 0
    while True:
        digest = Digest("sha256", hashlib.sha256(b"%d" % number).hexdigest())
        statement = Statement(
            (Subject(f"models/candidate-{number % 997}.onnx", digest),),
            "https://in-toto.io/attestation/test-result/v0.1",
            {"result": "PASSED", "configuration": [{"name": "evaluate.py"}], "passedTests": [f"auc-{number}"]},
        )
        payload = statement.render()
        signature = key.private.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
        yield Envelope(payload, PAYLOAD_TYPE, (Signature("benchmark", signature),)).render()
        number += 1


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def median_of(action: Callable[[], object], times: int) -> float:
    return statistics.median(timed(action) for _ in range(times))


class Plain:
    """The peer for appends: the same rows in the same tables, without tree, signature or check."""

    TABLES = (("entries", 2), ("nodes", 2), ("subjects", 5), ("checkpoints", 2))

    def __init__(self, path: Path) -> None:
        database.create_database(path, origin="plain")
        self.connection = database.open_database(path, writable=True, timeout=1)
        self.size = 0

    def rows(self, batch: list[bytes]) -> tuple[list[tuple[object, ...]], ...]:
        """What is to be inserted, table by table, worked out beforehand."""
        start, self.size = self.size, self.size + len(batch)
        nodes = range(merkle.node_count(start), merkle.node_count(self.size))
        subjects = [(place, row) for place, data in enumerate(batch, start) for row in index_rows(data)]
        return (
            list(enumerate(batch, start)),
            [(number, b"\x55" * 32) for number in nodes],
            [(place, row.number, row.name, row.digest, row.predicate_type) for place, row in subjects],
            [(self.size, "x" * 200)],
        )

    def insert(self, rows: tuple[list[tuple[object, ...]], ...]) -> None:
        """One durable transaction."""
        self.connection.execute("BEGIN IMMEDIATE")
        for (table, columns), values in zip(self.TABLES, rows, strict=True):
            self.connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})", values)
        self.connection.execute("COMMIT")


def measure(folder: Path, size: int) -> dict[str, float]:
    """Fill a ledger and its peer to ``size`` and measure everything there."""
    key = Key()
    source = envelopes(key)
    plain = Plain(folder / f"plain-{size}.db")
    path, witness = folder / f"ledger-{size}.db", Witness(folder / f"ledger-{size}.witness")
    filling = peer_filling = 0.0
    with Ledger.create(path, origin="example.org/benchmark") as ledger:
        while ledger.size < size:
            batch = list(islice(source, min(BATCH, size - ledger.size)))
            rows = plain.rows(batch)
            peer_filling += timed(lambda rows=rows: plain.insert(rows))
            filling += timed(lambda batch=batch: ledger.append(batch, signer=key, verifier=key, witness=witness))
        figures = {"size": size, "megabytes": path.stat().st_size / 1e6}
        figures |= {"batch_per_second": size / filling, "batch_ratio_plain": filling / peer_filling}
        figures |= whole(ledger, key)
        figures |= proofs(ledger, key, witness)
        figures |= single(folder, ledger, key, source, plain)
    plain.connection.close()
    return figures


def whole(ledger: Ledger, key: Key) -> dict[str, float]:
    """A full audit, and SHA-256 over the same bytes in memory: for the peer, reading them is not counted.

    The ratio is of processor seconds: both are one thread that computes, and other programs do not disturb it much.
    """
    hashing, chunk = 0.0, 4096
    for start in range(0, ledger.size, chunk):
        data = [entry.envelope for entry in ledger.entries(start, min(start + chunk, ledger.size))]
        started = time.process_time()
        for envelope in data:
            hashlib.sha256(envelope).digest()
        hashing += time.process_time() - started
    started, begun = time.perf_counter(), time.process_time()
    report = audit(ledger, verifier=key)
    wall, processor = time.perf_counter() - started, time.process_time() - begun
    assert report.clean, report.problems[:3]
    return {
        "audit_seconds": wall,
        "audit_processor_seconds": processor,
        "audit_per_processor_second": ledger.size / processor,
        "audit_ratio_sha256": processor / hashing,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def proofs(ledger: Ledger, key: Key, witness: Witness) -> dict[str, float]:
    size = ledger.size
    places = iter([hash((size, turn)) % size for turn in range(1000)])
    inclusion = median_of(lambda: ledger.prove_inclusion(next(places)), 200)
    consistency = median_of(lambda: ledger.prove_consistency(next(places)), 200)
    head = median_of(
        lambda: check_head(ledger, verifier=key, witness=witness, entries=[next(places) for _ in range(5)]), 15
    )
    return {"inclusion_us": inclusion * 1e6, "consistency_us": consistency * 1e6, "check_head_ms": head * 1e3}


def single(folder: Path, ledger: Ledger, key: Key, source: Iterator[bytes], plain: Plain) -> dict[str, float]:
    """Durable appends of one entry, in turns with the peer's and a short ledger's: a slow disk is slow for all."""
    ours, short_ones, witnessed, peer = [], [], [], []
    witness = Witness(ledger.path.with_suffix(".witness"))
    with Ledger.create(folder / "short.db", origin="example.org/short") as short:
        short.append(list(islice(source, SHORT)), signer=key, verifier=key)
        for _ in range(DURABLE):
            one, two = [next(source)], [next(source)]
            rows = plain.rows(one)
            peer.append(timed(lambda rows=rows: plain.insert(rows)))
            ours.append(timed(lambda one=one: ledger.append(one, signer=key, verifier=key)))
            short_ones.append(timed(lambda one=one: short.append(one, signer=key, verifier=key)))
            witnessed.append(timed(lambda two=two: ledger.append(two, signer=key, verifier=key, witness=witness)))
    ours_median = statistics.median(ours)
    return {
        "append_ms": ours_median * 1e3,
        "append_per_second": 1 / ours_median,
        "append_ratio_plain": ours_median / statistics.median(peer),
        "append_ratio_short": ours_median / statistics.median(short_ones),
        "append_witness_ms": statistics.median(witnessed) * 1e3,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument(
        "--folder", type=Path, default=None, help="on the disk to measure; needs about 3 GB per million"
    )
    options = parser.parse_args()
    print(f"python {platform.python_version()}, sqlite {sqlite3.sqlite_version}, {os.cpu_count()} cores")
    for size in options.sizes:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            figures = measure(Path(folder), size)
        print(json.dumps({name: round(value, 2) for name, value in figures.items()}), flush=True)


if __name__ == "__main__":
    main()
