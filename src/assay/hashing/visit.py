"""Visit the files of an artifact one after the other, each open, for callers that need the bytes themselves."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from dataclasses import dataclass

from assay.hashing.opening import Target, empty_folder, guarded, open_file, opened
from assay.hashing.walk import Limits, Walk


@dataclass(frozen=True, slots=True)
class Visited:
    """An open file of an artifact: ``path`` is ``""`` for an artifact that is a single file. Closed by the visit."""

    path: str
    descriptor: int
    status: os.stat_result
    where: str


def visit(target: Target, limits: Limits) -> Generator[Visited, None, None]:
    """Open each file of a file or folder in turn, and at the end see that the folder still lists the same.

    :raises HashingError: something cannot be read faithfully; :class:`RefusedPath` where it must not stand there
    """
    where, met = str(target.path), False
    with guarded(target.where), opened(target) as (root, own):
        if not stat.S_ISDIR(own.st_mode):
            yield Visited("", root, own, where)
            return
        walk = Walk(root, where, limits, without=target.without)
        for listed in walk.listed():
            for name in listed.names:
                path, met = listed.prefix + name, True
                descriptor, status = open_file(name, listed.descriptor, f"{where}/{path}")
                try:
                    yield Visited(path, descriptor, status, f"{where}/{path}")
                finally:
                    os.close(descriptor)
        if not met:
            raise empty_folder(target)
        walk.confirm()
