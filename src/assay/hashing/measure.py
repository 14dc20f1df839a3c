"""How much there is to hash, for a progress bar and for nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def measure(paths: Iterable[Path]) -> int:
    """The bytes under ``paths`` as the file system claims them; what cannot be looked at counts as nothing."""
    return sum(_size(os.fspath(path)) for path in paths)


def _size(path: str) -> int:
    total = 0
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - one string, twice as fast over many files
            return os.lstat(path).st_size
        for folder, _, names in os.walk(path):
            for name in names:
                total += os.lstat(f"{folder}/{name}").st_size
    except OSError:
        return total
    return total
