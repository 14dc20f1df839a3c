"""The pickle machine alone against SHA-256: ``python benchmarks/scan/pickle_machine.py [MEGABYTES]``.

Writes a pickle of many small objects (dicts of strings, numbers and small tuples) into a temporary folder, and runs
the machine on it in a process of its own for each form. CPU seconds, so that other work on the machine counts less.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assay.formats.budget import Budget, Limits
from assay.formats.source import Descriptor

#: Bytes of one record, about.
RECORD = 58


def write(path: Path, megabytes: int) -> None:
    """A list of records."""
    chance = random.Random(1)  # the same file every time
    records = [
        {
            "id": number,
            "name": f"user{chance.randrange(10**6)}",
            "score": chance.random(),
            "tags": ("a", chance.randrange(100)),
            "flag": chance.random() < 0.5,
            "place": (chance.randrange(256), chance.randrange(70_000), None),
        }
        for number in range(megabytes * 1_000_000 // RECORD)
    ]
    with path.open("wb") as file:
        pickle.dump(records, file, protocol=4)


def run(path: str) -> None:
    """Run the machine and print what it took."""
    from assay.formats.compiled import is_compiled
    from assay.formats.pickle.pickle import read

    descriptor = os.open(path, os.O_RDONLY)
    source = Descriptor(descriptor, os.fstat(descriptor).st_size)
    start = time.process_time()
    view = read(source, Budget(Limits(seconds=3600)), "records.pkl")
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    form = "compiled" if is_compiled(sys.modules["assay.formats.pickle.machine"]) else "pure"
    print(
        f"{form:9} {seconds:8.2f} s {seconds / view.opcodes * 1e9:8.1f} ns/opcode {peak:6} MiB {view.opcodes:,} opcodes"
    )


def main() -> None:
    """Measure all forms on the same file."""
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2])
        return
    if sys.argv[1:2] == ["--write"]:  # elsewhere, since a child's peak is at least its parent's
        write(Path(sys.argv[2]), int(sys.argv[3]))
        return
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "records.pkl")
        subprocess.run([sys.executable, __file__, "--write", str(path), str(megabytes)], check=True)
        start = time.process_time()
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
        print(f"{'sha256':9} {time.process_time() - start:8.2f} s {path.stat().st_size:,} bytes")
        for pure in ("", "1"):
            command = [sys.executable, __file__, "--run", str(path)]
            subprocess.run(command, env={**os.environ, "ASSAY_PURE": pure}, check=True)


if __name__ == "__main__":
    main()
