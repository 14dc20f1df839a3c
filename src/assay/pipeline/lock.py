"""One run at a time in a project: two would write each other's outputs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assay.core.errors import StageError
from assay.pipeline.project import Project


@contextmanager
def project_lock(project: Project, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the project's lock; the kernel lets go of it when this process ends, however it ends.

    :param waiting: called once if somebody else holds it
    :raises StageError: the lock file cannot be opened
    """
    path = project.private / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StageError(
            f"the project's lock cannot be opened: {error.strerror}", where=str(path), remedy="Run `assay init`."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
