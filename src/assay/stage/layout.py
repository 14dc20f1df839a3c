"""What an isolated command sees of the file system: an ordered list of mounts on an empty root, nothing else.

An allow-list: what is not named here is not there, so home directories, other projects, ``/srv``, ``/mnt``, ``/run``
and its sockets need no rule of their own.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

from assay.core.errors import IsolationError, StageError
from assay.stage import launcher
from assay.stage.interpreter import ask

#: Where the launcher's script and nothing else of assay is seen.
LAUNCHER: Final = "/run/assay/launcher.py"

#: Programs and libraries that every user of a machine may read.
_SYSTEM: Final = ("/usr", "/opt", "/nix/store", "/gnu/store")
#: On most systems symbolic links into /usr, on some still folders.
_LEGACY: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
#: What programs and the loader need of /etc; no shadow file, no private keys, no tokens.
_SETTINGS: Final = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/group",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
)
#: How many processors there are; numerical libraries size their thread pools by it.
_HARDWARE: Final = ("/sys/devices/system/cpu", "/sys/devices/system/node")
#: What the kernel tells to anyone of our user id, whatever the namespaces: the names of keys, memory, timers.
_UNTOLD: Final = ("/proc/kcore", "/proc/key-users", "/proc/keys", "/proc/latency_stats", "/proc/timer_list")
_DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty")
_ASK: Final = "import json, sys; print('assay:' + json.dumps([sys.base_prefix, sys.base_exec_prefix]))"


class Kind(StrEnum):
    """What stands at a place: a view of the host's files, private memory, or a link."""

    READ_ONLY = "read-only"
    WRITABLE = "writable"
    DEVICE = "device"
    TMPFS = "tmpfs"
    PROC = "proc"
    SYMLINK = "symlink"
    SEAL = "seal"  # make what stands at the place, and no mount within it, read-only


@dataclass(frozen=True, slots=True)
class Mount:
    """``target`` as the command sees it; ``source`` on the host, resolved, or a link's text; empty if there is none."""

    kind: Kind
    target: str
    source: str = ""


def arrange(*, project: Path, staging: Path, inputs: tuple[str, ...], python: Path) -> tuple[Mount, ...]:
    """Lay out the file system for one command.

    :param project: resolved; at this path the command finds ``staging``, writable, with each of ``inputs`` read-only
    :param staging: an existing folder that has a place, a file or a folder, for each input and each installation of
        Python inside the project (:func:`installations`)
    :raises IsolationError: Python's installation cannot be shown without showing what must stay hidden
    """
    outside = [path for path in installations(python, project) if not path.is_relative_to(project)]
    inside = [path for path in installations(python, project) if path.is_relative_to(project)]
    mounts = [*_system(), *_private()]
    mounts += [_view(path) for path in outside]
    mounts += _links(python, outside + inside)
    mounts.append(Mount(Kind.WRITABLE, str(project), str(staging)))
    mounts += [_view(project / name) for name in sorted(inputs)]
    mounts += [_view(path) for path in inside]
    mounts.append(Mount(Kind.READ_ONLY, LAUNCHER, os.path.realpath(launcher.__file__)))
    mounts.append(Mount(Kind.SEAL, "/"))
    return tuple(mounts)


def installations(python: Path, project: Path) -> tuple[Path, ...]:
    """The folders that hold ``python``, its virtual environment and the standard library of our own interpreter.

    Sorted, without those that the system's view shows anyway. A path is as Python names it, not resolved.

    :raises IsolationError: the interpreter does not answer, or one of the folders holds the project or a home directory
    """
    found = {Path(sys.base_prefix), Path(sys.base_exec_prefix), *_base_folders(python)}
    environment = python.absolute().parent.parent
    if (environment / "pyvenv.cfg").is_file():
        found.add(environment)
    for path in found:
        for hidden in (project, *_homes()):
            if not _shown(path) and hidden.is_relative_to(path):
                raise IsolationError(
                    f"Python is installed in {path}, which also holds {hidden} and so cannot be shown",
                    remedy="Use a virtual environment in a folder of its own, such as .venv.",
                )
    needed = sorted(path for path in found if not _shown(path))
    return tuple(path for path in needed if not any(path != other and path.is_relative_to(other) for other in needed))


@lru_cache(maxsize=8)
def _base_folders(python: Path) -> tuple[Path, ...]:
    try:
        folders = ask(python, "-I", "-S", "-c", _ASK)
    except StageError as error:
        raise IsolationError(
            f"where Python is installed cannot be told: {error.what}",
            where=str(python),
            remedy="Check that it runs: python -I -S -c 'import sys'.",
        ) from error
    return tuple(Path(folder) for folder in folders if isinstance(folder, str)) if isinstance(folders, list) else ()


def _system() -> Iterator[Mount]:
    for name in (*_SYSTEM, *_SETTINGS, *_HARDWARE):
        if Path(name).exists():
            yield _view(Path(name))
    for name in _LEGACY:
        if Path(name).is_symlink():
            yield Mount(Kind.SYMLINK, name, str(Path(name).readlink()))
        elif Path(name).is_dir():
            yield _view(Path(name))
    for home in _homes():
        if any(home.is_relative_to(system) for system in _SYSTEM) and home.is_dir():
            yield Mount(Kind.TMPFS, str(home))


def _private() -> Iterator[Mount]:
    yield Mount(Kind.PROC, "/proc")
    # Whatever is writable for root by file mode alone (/proc/sys, /proc/sysrq-trigger) is not through this view.
    yield Mount(Kind.SEAL, "/proc")
    for name in _UNTOLD:
        if Path(name).exists():
            # A device where devices do not work: it cannot be opened.
            yield Mount(Kind.READ_ONLY, name, "/dev/null")
    yield Mount(Kind.TMPFS, "/dev")
    for name in _DEVICES:
        yield Mount(Kind.DEVICE, f"/dev/{name}", f"/dev/{name}")
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        yield Mount(Kind.SYMLINK, f"/dev/{name}", f"/proc/self/fd{target}")
    yield Mount(Kind.TMPFS, "/dev/shm")  # noqa: S108 - private memory in the sandbox
    yield Mount(Kind.SEAL, "/dev")
    yield Mount(Kind.TMPFS, "/tmp")  # noqa: S108
    yield Mount(Kind.TMPFS, "/var/tmp")  # noqa: S108


def _links(python: Path, shown: list[Path]) -> Iterator[Mount]:
    """The links from ``python`` to the real program that would otherwise point into the dark."""
    path = python.absolute()
    for _ in range(40):
        if not path.is_symlink():
            return
        target = path.readlink()
        if not _shown(path) and not any(path.is_relative_to(folder) for folder in shown):
            folder = os.path.realpath(path.parent)
            if folder != str(path.parent):
                yield Mount(Kind.SYMLINK, str(path.parent), folder)
                return
            yield Mount(Kind.SYMLINK, str(path), str(target))
        path = Path(os.path.normpath(path.parent / target))


def _view(path: Path) -> Mount:
    return Mount(Kind.READ_ONLY, str(path), os.path.realpath(path))


def _shown(path: Path) -> bool:
    hidden = any(path.is_relative_to(home) for home in _homes())
    return not hidden and any(path.is_relative_to(system) for system in _SYSTEM)


def _homes() -> tuple[Path, ...]:
    """Our home directories by the user database and the environment; the root folder is no home."""
    named = {os.environ.get("HOME", "")}
    with suppress(KeyError):
        named.add(pwd.getpwuid(os.geteuid()).pw_dir)
    return tuple(sorted(Path(name) for name in named if name.startswith("/") and Path(name) != Path("/")))
