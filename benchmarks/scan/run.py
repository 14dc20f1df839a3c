"""`assay scan` against SHA-256 and its peers; see README.md."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

WORKLOADS = Path(__file__).with_name("workloads.py")


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds, MiB at the most, and the exit status; ``None`` when it was stopped at the cap."""

    wall: float
    cpu: float
    peak: float
    status: int | None


@dataclass(frozen=True, slots=True)
class Contender:
    """A command on a path; ``runs`` more than once only where it is quick."""

    name: str
    command: list[str]
    environment: dict[str, str]
    quick: bool = False


def measure(contender: Contender, cap: float) -> Run:
    """Run it once, at most ``cap`` seconds."""
    start = time.perf_counter()
    process = subprocess.Popen(
        contender.command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **contender.environment},
        start_new_session=True,
    )
    capped = False
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if not capped and time.perf_counter() - start > cap:
            os.killpg(process.pid, 9)
            capped = True
        time.sleep(0.002)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return Run(
        wall,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        None if capped else process.returncode,
    )


def contenders(path: Path, peers: Path | None, cache: Path) -> list[Contender]:
    """Who scans ``path``; the first is the limit they are compared with."""
    files = sorted(str(file) for file in path.rglob("*") if file.is_file()) if path.is_dir() else [str(path)]
    # Bytecode is kept as pip keeps it for whatever it installs, the peers among that.
    own = {
        "XDG_CACHE_HOME": str(cache),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(cache / "bytecode"),
    }
    assay = [sys.executable, "-m", "assay", "scan", "--format", "json", str(path)]
    rows = [
        Contender(LIMIT, ["openssl", "dgst", "-sha256", *files], {}, quick=True),
        Contender("sha256sum", ["sha256sum", *files], {}, quick=True),
        Contender("assay scan, first time", [*assay, "--no-cache"], own, quick=True),
        Contender("assay scan, pure Python", [*assay, "--no-cache"], {**own, "ASSAY_PURE": "1"}),
        Contender("assay scan, unchanged", assay, own, quick=True),
    ]
    if peers is None:
        return rows
    telemetry = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "CI": "1"}
    fickling = (
        f"import sys\nfrom fickling.fickle import StackedPickle\nfrom fickling.analysis import check_safety\n{FICKLING}"
    )
    commands = {
        "picklescan": ["picklescan", "-p", str(path)],
        "modelscan": ["modelscan", "scan", "-p", str(path), "-r", "json"],
        "fickling": ["python", "-c", fickling, *files],
        "modelaudit": ["modelaudit", "scan", "--format", "json", "--no-cache", "--timeout", "3600", str(path)],
    }
    for name, command in commands.items():
        if (peers / command[0]).exists() and (peers / name).exists():
            rows.append(Contender(name, [str(peers / command[0]), *command[1:]], telemetry))
    return rows


#: The fastest SHA-256 at hand: OpenSSL's uses the processor's instructions for it, coreutils' does not everywhere.
LIMIT = "openssl dgst -sha256"

#: Its command line takes one file and cannot read a zip; this is its own loop over many.
FICKLING = """
import zipfile
for name in sys.argv[1:]:
    with open(name, 'rb') as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                for member in archive.namelist():
                    if member.endswith('.pkl'):
                        for part in StackedPickle.load(archive.read(member)):
                            check_safety(part)
        elif not name.endswith('.safetensors'):
            file.seek(0)
            for part in StackedPickle.load(file):
                check_safety(part)
"""


def table(title: str, rows: dict[str, Run]) -> None:
    """Print one workload's figures, each with its ratio to SHA-256 and to `assay scan`."""
    base, ours = rows[LIMIT], rows["assay scan, first time"]
    print(f"\n### {title}\n")
    print("| what | wall s | to SHA-256 | to assay | CPU s | peak MiB | exit |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, run in rows.items():
        more = ">" if run.status is None else ""
        print(
            f"| {name} | {more}{run.wall:.2f} | {more}{run.wall / base.wall:.2f} | {more}{run.wall / ours.wall:.1f} "
            f"| {more}{run.cpu:.2f} | {run.peak:.0f} | {'stopped' if run.status is None else run.status} |"
        )
    sys.stdout.flush()


def main() -> None:
    """Make each workload, let everyone scan it, print the table, remove it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="a virtual environment's bin with the peers in it")
    parser.add_argument("--cap", type=float, default=300.0, help="seconds after which a contender is stopped")
    parser.add_argument("--runs", type=int, default=3, help="times that the quick ones are run; the least counts")
    parser.add_argument("--only", choices=("objects", "torch", "safetensors", "small"), help="one workload alone")
    parser.add_argument("--mib", type=int, default=200, help="size of the pickle of many small objects")
    parser.add_argument("--weights", type=int, default=1024, help="MiB of weights")
    parser.add_argument("--files", type=int, default=2000, help="number of small pickles")
    options = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores")
    kinds = {
        "objects": (f"a pickle of small objects, {options.mib} MiB", "rows.pkl", options.mib),
        "torch": (f"a PyTorch zip of {options.weights} MiB", "model.pt", options.weights),
        "safetensors": (
            f"a safetensors file of {options.weights} MiB", "model.safetensors", options.weights,
        ),
        "small": (f"{options.files} small pickles", "small", options.files),
    }  # fmt: skip
    for key, (title, name, amount) in kinds.items():
        if options.only not in (None, key):
            continue
        with tempfile.TemporaryDirectory(prefix="assay-benchmark-") as folder:
            path = Path(folder) / name
            subprocess.run([sys.executable, str(WORKLOADS), key, str(path), str(amount)], check=True)
            time.sleep(3)  # a file that changed just now is not taken from the cache
            rivals = contenders(path, options.peers, Path(folder) / "cache")
            runs: dict[str, list[Run]] = {rival.name: [] for rival in rivals}
            for count in range(options.runs):  # in turns: the machine may be faster at one time than at another
                for rival in rivals:
                    if rival.quick or not count:
                        runs[rival.name].append(measure(rival, options.cap))
            table(title, {name: min(each, key=lambda run: run.wall) for name, each in runs.items()})


if __name__ == "__main__":
    if not (shutil.which("sha256sum") and shutil.which("openssl")):
        sys.exit("needs sha256sum and openssl")
    main()
