"""Hashing against its limit and its peers; see README.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

CHILDREN = Path(__file__).with_name("children.py")
MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of the call and of the whole process, and the process's largest resident size in MiB."""

    cpu: float
    wall: float
    process_cpu: float
    process_wall: float
    peak: float


@dataclass(frozen=True, slots=True)
class Contender:
    """A command; ``reports`` when it prints the seconds of its call. Without a command it is not installed."""

    name: str
    command: list[str] | None
    reports: bool = True


def measure(contender: Contender) -> Run:
    """Run it once."""
    assert contender.command is not None
    start = time.perf_counter()
    with subprocess.Popen(contender.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall, cpu = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
    if process.returncode:
        raise SystemExit(f"{contender.name} failed with {process.returncode}")
    call = json.loads(output) if contender.reports else {"cpu": cpu, "wall": wall}
    return Run(call["cpu"], call["wall"], cpu, wall, usage.ru_maxrss / 1024)


def best(runs: list[Run]) -> Run:
    """The least of each figure, but the largest peak."""
    return Run(
        min(run.cpu for run in runs),
        min(run.wall for run in runs),
        min(run.process_cpu for run in runs),
        min(run.process_wall for run in runs),
        max(run.peak for run in runs),
    )


def fill(path: Path, size: int, source: random.Random) -> None:
    """Write ``size`` random bytes, a little at a time: this process must stay smaller than those it measures."""
    with path.open("wb") as file:
        while size > 0:
            file.write(source.randbytes(min(size, MIB)))
            size -= MIB


def make(root: Path, options: argparse.Namespace) -> dict[str, Path]:
    """The three workloads."""
    source = random.Random(7)
    eight, one, small = root / "eight", root / "one", root / "small"
    for folder in (eight, one):
        folder.mkdir(parents=True)
    for number in range(8):
        fill(eight / f"{number}.bin", options.mib * MIB // 8, source)
    with (one / "one.bin").open("wb") as file:
        for part in sorted(eight.iterdir()):
            with part.open("rb") as content:
                shutil.copyfileobj(content, file, MIB)
    for number in range(options.files):
        folder = small / f"{number // 200:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        fill(folder / f"{number:06d}.bin", source.randint(512, 16 * 1024), source)
    return {
        f"{options.mib} MiB in 8 files": eight,
        f"one file of {options.mib} MiB": one,
        f"{options.files} files of 0.5 to 16 KiB": small,
    }


def contenders(path: Path, peer: str | None) -> list[Contender]:
    """Who runs on the workload at ``path``; the first is what the others are compared with."""
    ours = [sys.executable, str(CHILDREN)]
    theirs = [peer, str(CHILDREN)] if peer else None
    files = sorted(str(file) for file in path.rglob("*") if file.is_file())
    openssl = shutil.which("openssl")
    small, one = path.name == "small", path.name == "one"
    limit = Contender("limit: in memory" + ("" if small else ", all cores"), [*ours, "limit", str(path)])
    plain = Contender("plain loop, one thread", [*ours, "plain", str(path)])
    rows = [plain, limit] if small else [limit, plain]
    rows.append(Contender("assay, hash_artifact", [*ours, "assay", str(path)]))
    if one:
        rows.append(Contender("assay, hash_shards 64 MiB", [*ours, "shards", str(path)]))
    rows.append(Contender("assay hash (process)", [sys.executable, "-m", "assay", "hash", str(path)], reports=False))
    rows.append(
        Contender(
            "openssl dgst -sha256 (process)", [openssl, "dgst", "-sha256", *files] if openssl else None, reports=False
        )
    )
    rows.append(Contender("model-signing", [*theirs, "model-signing", str(path)] if theirs else None))
    if one:
        name = "model-signing, shards 64 MiB"
        rows.append(Contender(name, [*theirs, "model-signing-shards", str(path)] if theirs else None))
    return rows


def table(title: str, rows: list[Contender], runs: dict[str, list[Run]]) -> None:
    """Print one workload's figures, and each one's ratio to the first row."""
    base = best(runs[rows[0].name])
    print(f"\n### {title}\n")
    print("| what | CPU s | ratio | wall s | ratio | process CPU s | process wall s | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        if row.command is None:
            print(f"| {row.name} | not installed |")
            continue
        run = best(runs[row.name])
        print(
            f"| {row.name} | {run.cpu:.3f} | {run.cpu / base.cpu:.2f} | {run.wall:.3f} | {run.wall / base.wall:.2f} "
            f"| {run.process_cpu:.3f} | {run.process_wall:.3f} | {run.peak:.0f} |"
        )


def find_peer(python: str | None) -> str | None:
    """The interpreter that can import ``model-signing``: the one that was named, or else ours."""
    chosen = python or sys.executable
    found = subprocess.run([chosen, "-c", "import model_signing"], capture_output=True, check=False)
    return chosen if found.returncode == 0 else None


def main() -> None:
    """Make the files, run everyone in turn, print the tables, remove the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=2048, help="size of the large workloads, in MiB")
    parser.add_argument("--files", type=int, default=20_000, help="number of small files")
    parser.add_argument("--runs", type=int, default=5, help="times that each is run; the least counts")
    parser.add_argument("--model-signing", metavar="PYTHON", help="an interpreter that has model-signing installed")
    parser.add_argument("--folder", type=Path, help="where to put the files  [default: the system's temporary folder]")
    options = parser.parse_args()
    peer = find_peer(options.model_signing)
    print(f"{platform.platform()}, Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores,", end=" ")
    print(f"least of {options.runs} runs, warm page cache")
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="assay-benchmark-") as name:
        for title, path in make(Path(name), options).items():
            rows = contenders(path, peer)
            runs: dict[str, list[Run]] = {row.name: [] for row in rows}
            for _ in range(options.runs):  # in turn, so that a noisy moment meets everyone
                for row in rows:
                    if row.command is not None:
                        runs[row.name].append(measure(row))
            table(title, rows, runs)


if __name__ == "__main__":
    main()
