"""What is measured, each in a process of its own: ``children.py KIND PATH`` prints the seconds of the call alone.

Nothing but the standard library is imported before a kind asks for it, so that ``model-signing`` can be measured with
another interpreter.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BUFFER = 64 * 1024
SHARD = 64 * 1024**2


def limit(path: Path) -> Callable[[], object]:
    """SHA-256 of the same bytes, already in memory, on all cores: at least one piece for each."""
    cores = len(os.sched_getaffinity(0))
    pieces = []
    for file in sorted(path.rglob("*")):
        if file.is_file():
            content = memoryview(file.read_bytes())
            step = max(1, len(content) // cores + 1) if len(content) > SHARD else max(1, len(content))
            pieces += [content[start : start + step] for start in range(0, len(content), step)]
    if len(pieces) > 1000:  # small files: threads would only fight
        return lambda: [hashlib.sha256(piece).digest() for piece in pieces]

    def call() -> None:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(lambda piece: hashlib.sha256(piece).digest(), pieces))

    return call


def plain(path: Path) -> Callable[[], object]:
    """The least that a program can do on one core: scandir, open, read into one buffer, hash, close."""

    def call() -> dict[str, str]:
        view, found, waiting = memoryview(bytearray(BUFFER)), {}, [str(path)]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                        continue
                    hasher, descriptor = hashlib.sha256(), os.open(entry.path, os.O_RDONLY)
                    while count := os.readv(descriptor, [view]):
                        hasher.update(view[:count])
                    os.close(descriptor)
                    found[entry.path] = hasher.hexdigest()
        return found

    return call


def assay(path: Path) -> Callable[[], object]:
    """``hash_artifact`` of the folder."""
    from assay.hashing.artifact import hash_artifact

    return lambda: hash_artifact(path, name="data")


def shards(path: Path) -> Callable[[], object]:
    """``hash_shards`` of the folder's only file."""
    from assay.hashing.shards import hash_shards

    (file,) = path.iterdir()
    return lambda: hash_shards(file, SHARD)


def model_signing(path: Path) -> Callable[[], object]:
    """``model-signing``'s manifest of the folder; nothing is signed."""
    from model_signing import hashing

    return lambda: hashing.Config().hash(path)


def model_signing_shards(path: Path) -> Callable[[], object]:
    """The same with its shards, of the size that ours have."""
    from model_signing import hashing

    return lambda: hashing.Config().use_shard_serialization(shard_size=SHARD).hash(path)


KINDS = {
    "limit": limit,
    "plain": plain,
    "assay": assay,
    "shards": shards,
    "model-signing": model_signing,
    "model-signing-shards": model_signing_shards,
}


def main() -> None:
    """Prepare, then measure the call."""
    call = KINDS[sys.argv[1]](Path(sys.argv[2]))
    before, start = processor(), time.perf_counter()
    call()
    wall, after = time.perf_counter() - start, processor()
    print(json.dumps({"cpu": after - before, "wall": wall}))


def processor() -> float:
    """Processor seconds so far, of this process and of the workers that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
