"""Choose how to isolate a command, having tried it; run nothing when no way works."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias

from assay.core.errors import IsolationError, StageError
from assay.stage import bubblewrap, namespaces
from assay.stage.layout import Mount, arrange
from assay.stage.process import Ended, Order, Wrapper, carry_out

#: What is in force when a stage is isolated; all of it, or the stage does not run.
CONTROLS: Final = ("environment", "filesystem", "network", "processes")

Plan: TypeAlias = Callable[[tuple[str, ...], Mapping[str, str], str, tuple[Mount, ...]], tuple[Order, Wrapper | None]]

#: The ways, best first.
BACKENDS: Final[dict[str, Plan]] = {bubblewrap.NAME: bubblewrap.plan, namespaces.NAME: namespaces.plan}

#: What the launcher does last, when a failure is the command's own.
COMMAND_STEPS: Final = ("entering the project's folder", "starting the command")

_REMEDY: Final = (
    "Isolation needs Linux 5.12 or newer with unprivileged user namespaces (or root), or a working bubblewrap 0.8; "
    "see docs/isolation.md. To run the stage open, and have that on record, declare it `isolate = false`."
)


def choose_backend() -> str:
    """The first back end that works here, tried once per process by really running ``true`` in it.

    :raises IsolationError: none works; it says why for each
    """
    reasons = []
    for name in BACKENDS:
        reason = why_not(name)
        if not reason:
            return name
        reasons.append(f"{name}: {reason}")
    raise IsolationError(f"this machine cannot isolate a stage ({'; '.join(reasons)})", remedy=_REMEDY)


@lru_cache(maxsize=len(BACKENDS))
def why_not(name: str) -> str:
    """Why the back end called ``name`` does not work here; empty when it does."""
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        staging = Path(folder).resolve()
        try:
            mounts = arrange(project=Path("/assay"), staging=staging, inputs=(), python=Path(sys.executable))
            ended = confine(
                name, ("true",), {"PATH": "/usr/bin:/bin"}, "/assay", mounts, on_output=lambda _: None, timeout=60
            )
        except StageError as error:
            return error.what
    return "" if ended.status == 0 else f"`true` ended with status {ended.status} inside"


def confine(
    name: str,
    argv: tuple[str, ...],
    environment: Mapping[str, str],
    directory: str,
    mounts: tuple[Mount, ...],
    *,
    on_output: Callable[[bytes], None],
    timeout: float | None = None,
) -> Ended:
    """Run ``argv`` in the isolation of the back end called ``name``, seeing ``mounts``.

    :raises IsolationError: the isolation could not be built; the command was not run
    :raises StageError: the command could not be started, or reached the time limit
    """
    order, wrapper = BACKENDS[name](argv, environment, directory, mounts)
    ended = carry_out(order, wrapper=wrapper, on_output=on_output, timeout=timeout)
    if not ended.told and ended.output_tail.startswith(b"bwrap: "):
        said = ended.output_tail.splitlines()[0].decode(errors="replace")
        raise IsolationError(f"bubblewrap could not isolate the command: {said}", remedy=_REMEDY)
    if ended.failed and ended.failed not in COMMAND_STEPS:
        raise IsolationError(
            f"the isolation failed at {ended.failed}: {os.strerror(ended.errno)}", where=name, remedy=_REMEDY
        )
    require_started(ended, argv)
    return ended


def require_started(ended: Ended, argv: tuple[str, ...]) -> None:
    """Refuse an ending that tells nothing about the command.

    :raises StageError: the command could not be started, or its end was not witnessed
    """
    if ended.failed:
        raise StageError(
            f"the command {argv[0]!r} could not be started ({ended.failed}: {os.strerror(ended.errno)})",
            remedy="Check its name and that it is executable; an isolated stage finds only what lies in the system, "
            "beside its Python, or among its inputs.",
        )
    if not ended.told:
        raise StageError(
            "the command was lost: the process that watched it ended without saying how it went",
            remedy="Often the machine ran out of memory; look at the kernel's log.",
        )
