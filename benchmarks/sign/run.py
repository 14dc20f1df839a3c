"""Signing and verifying models against ``model-signing`` and parallel SHA-256; see README.md."""

from __future__ import annotations

import argparse
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Contender:
    """A command; it has to succeed."""

    name: str
    command: list[str]


def measure(contender: Contender) -> tuple[float, float]:
    """CPU and wall seconds of the whole process and its children, run once."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(contender.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    wall, after = time.perf_counter() - start, os.times()
    if done.returncode:
        raise SystemExit(f"{contender.name} failed: {done.stderr.decode()[-500:]}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used, wall


def make(root: Path, large: int, files: int) -> dict[str, Path]:
    """Eight large files, and many small ones in two hundred folders."""
    source = random.Random(7)
    big, small = root / "large", root / "small"
    big.mkdir()
    for number in range(8):
        with (big / f"{number}.bin").open("wb") as file:
            for _ in range(large * MIB // 8 // MIB):
                file.write(source.randbytes(MIB))
    for number in range(files):
        place = small / f"{number % 200}" / f"{number}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(source.randbytes(source.randint(512, 16 * 1024)))
    return {f"{large} MiB in 8 files": big, f"{files:,} files": small}


def contenders(model: Path, keys: Path, program: str, peer: str) -> list[Contender]:
    """The limit first; each verifier checks its own signature."""
    ours, theirs = model.with_suffix(".ours"), model.with_suffix(".theirs")
    private, public = str(keys / "key.pem"), str(keys / "key.pub")
    hashed = f"find {model} -type f -print0 | xargs -0 -n 500 -P {len(os.sched_getaffinity(0))} openssl dgst -sha256"
    if len(list(model.iterdir())) == 8:
        hashed = hashed.replace("-n 500", "-n 1")
    return [
        Contender("parallel SHA-256 (openssl dgst)", ["sh", "-c", hashed]),
        Contender("parallel sha256sum", ["sh", "-c", hashed.replace("openssl dgst -sha256", "sha256sum")]),
        Contender("assay sign", [program, "sign", str(model), "--key", private, "-o", str(ours)]),
        Contender("assay verify", [program, "verify", str(model), "--signature", str(ours), "--public-key", public]),
        Contender(
            "model_signing sign",
            [peer, "sign", "key", str(model), "--signature", str(theirs), "--private_key", private],
        ),
        Contender(
            "model_signing verify",
            [peer, "verify", "key", str(model), "--signature", str(theirs), "--public_key", public],
        ),
    ]


def main() -> None:
    """Print a table for each workload."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=2048, help="MiB of the large workload")
    parser.add_argument("--files", type=int, default=20_000, help="files of the small workload")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where to put the workloads; a disk with room")
    options = parser.parse_args()
    scripts = Path(sys.executable).parent
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        keys = Path(name)
        generate = ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(keys / "key.pem")]
        subprocess.run(generate, check=True)
        (keys / "key.pem").chmod(0o600)
        public = ["openssl", "ec", "-in", str(keys / "key.pem"), "-pubout", "-out", str(keys / "key.pub")]
        subprocess.run(public, check=True, capture_output=True)
        for title, model in make(keys, options.large, options.files).items():
            listed = contenders(model, keys, str(scripts / "assay"), str(scripts / "model_signing"))
            runs: dict[str, list[tuple[float, float]]] = {item.name: [] for item in listed}
            for _ in range(options.rounds):  # in turns, so that what else the machine does falls on all
                for item in listed:
                    runs[item.name].append(measure(item))
            least = min(cpu for cpu, _ in runs[listed[0].name])
            print(f"\n| {title} | CPU s | ratio | wall s |\n| --- | ---: | ---: | ---: |")
            for item in listed:
                cpu, wall = (min(run[index] for run in runs[item.name]) for index in (0, 1))
                print(f"| {item.name} | {cpu:.2f} | {cpu / least:.2f} | {wall:.2f} |")


if __name__ == "__main__":
    main()
