"""Where a stage ran: the interpreter, what is installed for it, the machine, and how that differs from the lock."""

from __future__ import annotations

import hashlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from assay.core.digest import SHA256, Digest
from assay.core.errors import StageError
from assay.core.jsontext import Json
from assay.stage import inspector
from assay.stage.interpreter import ask
from assay.stage.lock import Drift, compare_with_lock

#: The names that a marker may use, PEP 508; ``extra`` is the requirement's.
_MARKERS: Final = {
    *("implementation_name", "implementation_version", "os_name", "platform_machine"),
    *("platform_python_implementation", "platform_release", "platform_system", "platform_version"),
    *("python_full_version", "python_version", "sys_platform"),
}


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution: ``name`` normalised (PEP 503), ``record`` the SHA-256 of its RECORD file, if any.

    ``version`` is empty when its metadata does not tell.
    """

    name: str
    version: str
    record: Digest | None


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter and its surroundings.

    :param implementation: ``CPython``, ``PyPy``
    :param version: of the language, as ``platform.python_version`` says it
    :param executable: SHA-256 of the program itself, symbolic links resolved
    :param architecture: ``x86_64``, ``aarch64``
    :param system: the operating system's release as it calls itself: ``Debian GNU/Linux 12 (bookworm)``
    :param kernel: ``Linux 6.1.0``
    :param processors: how many this process may use
    :param distributions: sorted by name; of two under one name the one that an import would find
    :param drift: how they differ from the lock; ``None`` without a lock
    """

    implementation: str
    version: str
    executable: Digest
    architecture: str
    system: str
    kernel: str
    processors: int
    distributions: tuple[Distribution, ...]
    drift: Drift | None

    def machine(self) -> dict[str, str]:
        """All of it but the distributions, by name, as a provenance statement records it."""
        return {
            "architecture": self.architecture,
            "executable": str(self.executable),
            "implementation": self.implementation,
            "kernel": self.kernel,
            "processors": str(self.processors),
            "python": self.version,
            "system": self.system,
        }

    def digest(self) -> Digest:
        """The SHA-256 over the interpreter's version and each distribution's name and version, a line each.

        The machine does not count: the same environment elsewhere has the same digest.
        """
        lines = [f"{self.implementation}=={self.version}"]
        lines += [f"{item.name}=={item.version}" for item in self.distributions]
        return Digest(SHA256, hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest())


def describe_environment(python: Path, lock: Path | None = None) -> Environment:
    """Ask ``python`` what it is and what is installed for it, and compare that with ``lock``.

    It is run with ``-I``: no variable, no current folder and no per-user installation adds to what it sees.

    :raises StageError: it does not answer properly or in time, or the lock cannot be used
    """
    match ask(python, "-I", inspector.__file__):
        case {"executable": str(executable), "distributions": list(listed), "markers": dict(given)}:
            markers = {name: value for name, value in given.items() if isinstance(value, str)}
            distributions = _distributions(listed)
            complete = set(markers) == _MARKERS
        case _:
            complete = False
    if not complete:
        raise StageError("the interpreter's answer lacks a field", where=str(python))
    installed = {item.name: item.version for item in distributions}
    return Environment(
        implementation=markers.get("platform_python_implementation", ""),
        version=markers.get("python_full_version", ""),
        executable=_file_digest(Path(executable)),
        architecture=markers.get("platform_machine", ""),
        system=_system_release(),
        kernel=f"{platform.system()} {platform.release()}",
        processors=_processors(),
        distributions=distributions,
        drift=None if lock is None else compare_with_lock(lock, installed, markers),
    )


def _distributions(listed: list[Json]) -> tuple[Distribution, ...]:
    found: dict[str, Distribution] = {}
    for item in listed:
        match item:
            case {"name": str(name), "version": str(version), "record": str(record)} if name:
                name = str(canonicalize_name(name))
                # The first on the path is the one that is imported.
                found.setdefault(name, Distribution(name, version, Digest(SHA256, record) if record else None))
            case _:
                continue
    return tuple(found[name] for name in sorted(found))


def _file_digest(path: Path) -> Digest:
    try:
        with path.open("rb") as stream:
            return Digest(SHA256, hashlib.file_digest(stream, "sha256").hexdigest())
    except OSError as error:
        raise StageError(f"the interpreter cannot be read: {error.strerror}", where=str(path)) from error


def _system_release() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return platform.platform(terse=True)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
