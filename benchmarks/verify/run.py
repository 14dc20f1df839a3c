"""What starting up and `assay verify` cost, and whether verify grows with the ledger.

    python benchmarks/verify/run.py --entries 10 1000 10000 100000

Whole processes, CPU seconds by the operating system's account, median of n; each ratio is to a figure of this run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assay.attest.checkpoints import NoteSigner
from assay.attest.predicates.summary import summary_statement
from assay.attest.sign import sign_statement
from assay.core.digest import Digest
from assay.core.statement import Subject
from assay.hashing.artifact import hash_artifact
from assay.pipeline.project import load_signer, open_project

SETTINGS = """
version = 1
[project]
name = "benchmark"
[stages.make]
command = "python make.py $size"
code = ["make.py"]
outputs = ["model"]
parameters = { size = SIZE }
"""
MAKE = """
import pathlib, random, sys
folder = pathlib.Path("model")
folder.mkdir()
source = random.Random(7)
for number in range(4):
    (folder / f"{number}.bin").write_bytes(source.randbytes(int(sys.argv[1]) // 4))
"""


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    cpu: float
    wall: float


def measure(command: Sequence[str], folder: Path, runs: int) -> Cost:
    """The median cost of a whole process, after one run that is not counted."""
    costs = []
    for _ in range(runs + 1):
        before, begun = os.times(), time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        after = os.times()
        cpu = after.children_user - before.children_user + after.children_system - before.children_system
        costs.append(Cost(cpu, time.perf_counter() - begun))
    return Cost(statistics.median(cost.cpu for cost in costs[1:]), statistics.median(cost.wall for cost in costs[1:]))


def show(what: str, cost: Cost, peer: Cost, name: str) -> None:
    ratio = f"{cost.cpu / peer.cpu:.2f} x {name}"
    print(f"{what:<44} {cost.cpu * 1000:8.0f} ms CPU {cost.wall * 1000:8.0f} ms wall   {ratio}")


def grow(project_folder: Path, entries: int) -> None:
    """Append approvals of the model, as that many passes of the gate would, until the ledger has so many entries."""
    project = open_project(project_folder)
    signer = load_signer(project, lambda _: b"")
    model = hash_artifact(project_folder / "model", name="model")
    with project.open_ledger(writable=True) as ledger:
        while ledger.size < entries:
            batch = []
            for number in range(min(1000, entries - ledger.size)):
                statement = summary_statement(
                    subject=Subject("model", model.digest),
                    resource="tag:assay,2026:benchmark/model",
                    policy="benchmark",
                    policy_digest=Digest("sha256", f"{ledger.size + number:064x}"),
                    evidence=[],
                    verifier=signer.name,
                    version="0",
                    time=datetime.now(UTC) - timedelta(seconds=1),
                )
                batch.append(sign_statement(statement, signer).render())
            ledger.append(batch, signer=NoteSigner(signer), verifier=project.verifier, witness=project.witness)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, nargs="+", default=[10, 1000, 10_000, 100_000])
    parser.add_argument("--size", type=int, default=64 * 1024 * 1024, help="bytes of the model")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-benchmark-") as name:
        folder = Path(name)
        (folder / "assay.toml").write_text(SETTINGS.replace("SIZE", str(options.size)))
        (folder / "make.py").write_text(MAKE)
        assay = [sys.executable, "-m", "assay"]
        subprocess.run([*assay, "init", "--no-passphrase"], cwd=folder, check=True, capture_output=True)
        subprocess.run([*assay, "run"], cwd=folder, check=True, capture_output=True)

        python = measure([sys.executable, "-c", "pass"], folder, options.runs)
        show("python -c pass", python, python, "itself")
        show(
            "python -c 'import assay'",
            measure([sys.executable, "-c", "import assay"], folder, options.runs),
            python,
            "python",
        )
        click = measure([sys.executable, "-c", "import click"], folder, options.runs)
        show("python -c 'import click'", click, python, "python")
        program = str(Path(sys.executable).with_name("assay"))
        show("assay --help", measure([program, "--help"], folder, options.runs), click, "import click")

        print(f"\nassay verify, a model of {options.size / 1024**2:g} MiB")
        hashing = measure([*assay, "hash", "model"], folder, options.runs)
        show("assay hash (the same bytes)", hashing, hashing, "itself")
        first: Cost | None = None
        for entries in options.entries:
            grow(folder, entries)
            cost = measure([*assay, "verify", "model"], folder, options.runs)
            first = first or cost
            show(f"assay verify, {entries} entries", cost, first, f"at {options.entries[0]} entries")


if __name__ == "__main__":
    main()
