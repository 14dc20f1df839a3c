"""Encrypted put and fetch as ratios to a plain copy and to `openssl speed` of the same cipher: medians of rounds.

``python benchmarks/store/run.py [MEGABYTES] [ROUNDS]``
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyrage

from assay.blobs.blobs import Blobs, make_name_key
from assay.blobs.cipher import Cipher, parse_identity
from assay.blobs.folder import FolderObjects
from assay.core.digest import SHA256, Digest


def main() -> None:
    megabytes, rounds = (int(value) for value in (sys.argv[1:] + ["512", "5"][len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        root = Path(folder)
        source = root / "source"
        hasher = hashlib.sha256()
        with source.open("wb") as file:
            for _ in range(megabytes):
                piece = os.urandom(1 << 20)
                hasher.update(piece)
                file.write(piece)
        digest = Digest(SHA256, hasher.hexdigest())
        rates = measure(root, source, digest, megabytes, rounds)
    rates["openssl speed chacha20-poly1305"] = openssl_rate()
    for name, rate in rates.items():
        copy, cipher = rate / rates["plain copy, synced"], rate / rates["openssl speed chacha20-poly1305"]
        print(f"{name:34} {rate:8.0f} MB/s   {copy:5.2f} x copy   {cipher:5.2f} x cipher")


def measure(root: Path, source: Path, digest: Digest, megabytes: int, rounds: int) -> dict[str, float]:
    """Bytes per second of each way, in MB, over interleaved rounds."""
    identity = pyrage.x25519.Identity.generate()
    cipher = Cipher([str(identity.to_public())], parse_identity(str(identity), where="benchmark"))
    times: dict[str, list[float]] = {}

    def timed(name: str, act: Callable[[], object]) -> None:
        start = time.perf_counter()
        act()
        times.setdefault(name, []).append(time.perf_counter() - start)

    for number in range(rounds):
        timed("plain copy, synced", lambda: copy(source, root / "copy"))
        for kind in ("plain", "encrypted"):
            objects = FolderObjects(root / f"{kind}{number}")
            blobs = Blobs(objects, cipher, make_name_key(objects, cipher)) if kind == "encrypted" else Blobs(objects)
            with source.open("rb") as file:
                timed(f"{kind} put", lambda blobs=blobs, file=file: blobs.put(file, digest))
            with (root / "fetched").open("wb") as file:
                timed(f"{kind} fetch", lambda blobs=blobs, file=file: blobs.fetch(digest, file.write))
            shutil.rmtree(objects.root)
    return {name: megabytes * 1.048576 / statistics.median(taken) for name, taken in times.items()}


def copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def openssl_rate() -> float:
    """One core's, on blocks of 16 KiB."""
    done = subprocess.run(
        ["openssl", "speed", "-seconds", "1", "-evp", "chacha20-poly1305"], capture_output=True, text=True, check=True
    )
    return float(re.findall(r"([\d.]+)k", done.stdout)[-1]) / 1000


if __name__ == "__main__":
    main()
