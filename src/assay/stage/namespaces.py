"""Isolation by ourselves, from the kernel's own parts, where bubblewrap is not installed or does not work.

The work is done in ``launcher.py``, in a process that is nothing else. Needs Linux 5.12 (``mount_setattr``) and, for an
ordinary user, unprivileged user namespaces.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from assay.core.errors import IsolationError
from assay.stage.layout import Mount
from assay.stage.process import Order

NAME: Final = "namespaces"


def plan(
    argv: tuple[str, ...], environment: Mapping[str, str], directory: str, mounts: tuple[Mount, ...]
) -> tuple[Order, None]:
    """What the launcher is told.

    :raises IsolationError: this is not Linux
    """
    if sys.platform != "linux":
        raise IsolationError("namespaces are a feature of Linux", where=sys.platform)
    placed = tuple((mount.kind.value, mount.source, mount.target) for mount in mounts)
    return Order("namespaces", argv, environment, directory, placed), None
