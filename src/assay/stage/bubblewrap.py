"""Isolation by bubblewrap: the same layout, carried out by the program that Flatpak trusts with it.

Source: bwrap(1), version 0.8 or newer (``--disable-userns``).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Final

from assay.core.errors import IsolationError
from assay.stage.layout import LAUNCHER, Kind, Mount
from assay.stage.process import Order, Wrapper

NAME: Final = "bubblewrap"

_OPTIONS: Final = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"),
    *("--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "assay"),
)
_MOUNTS: Final = {
    Kind.READ_ONLY: "--ro-bind",
    Kind.WRITABLE: "--bind",
    Kind.DEVICE: "--dev-bind",
    Kind.SYMLINK: "--symlink",
    Kind.TMPFS: "--tmpfs",
    Kind.PROC: "--proc",
    Kind.SEAL: "--remount-ro",
}


def plan(
    argv: tuple[str, ...], environment: Mapping[str, str], directory: str, mounts: tuple[Mount, ...]
) -> tuple[Order, Wrapper]:
    """What the launcher is told inside, and how bubblewrap leads there.

    :raises IsolationError: ``bwrap`` is not installed
    """
    program = shutil.which("bwrap")
    if program is None:
        raise IsolationError("bubblewrap is not installed", remedy="Install the package `bubblewrap`.")
    arguments: list[str] = [*_OPTIONS]
    for mount in mounts:
        arguments += [_MOUNTS[mount.kind], *([mount.source] if mount.source else []), mount.target]
    inside = (os.path.realpath(sys.executable), "-I", "-S", LAUNCHER)
    order = Order("inside", argv, environment, directory)
    return order, Wrapper(program, b"".join(os.fsencode(part) + b"\0" for part in arguments), inside)
