"""A lock of pinned requirements (``name==version`` lines), compared with what is installed.

Source: pip's requirements file format; PEP 508 (markers), PEP 440 (versions), both by the ``packaging`` library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from assay.core.errors import StageError

#: The largest lock that is read.
MAX_LOCK: Final = 16 * 1024 * 1024

_COMMENT: Final = re.compile(r"(^|\s+)#.*$")
_OPTION: Final = re.compile(r"[\s=]")
_HASH: Final = re.compile(r"\s+--hash[= ]\S+")
#: Lines about where to look and what to demand; they pin nothing.
_INERT: Final = (
    *("--index-url", "-i", "--extra-index-url", "--no-index", "--find-links", "-f", "--trusted-host"),
    *("--no-binary", "--only-binary", "--prefer-binary", "--require-hashes", "--pre"),
)


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """A distribution that is installed in another version than the lock says."""

    name: str
    locked: str
    installed: str


@dataclass(frozen=True, slots=True)
class Drift:
    """How an environment differs from its lock, each sorted by name.

    ``extra`` are installed and not in the lock; they do not make an environment other than locked in :attr:`none`.
    """

    different: tuple[Difference, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def none(self) -> bool:
        """Everything that the lock asks for is installed as it says."""
        return not (self.different or self.missing)


def compare_with_lock(lock: Path, installed: Mapping[str, str], markers: Mapping[str, str]) -> Drift:
    """Compare normalised names and versions with a lock; a line whose marker does not hold in ``markers`` asks nothing.

    :param markers: the whole environment of PEP 508 as the interpreter in question has it; what is missing would be
        taken from ours
    :raises StageError: the lock cannot be read, or has a line that does not pin one version: whether the environment is
        as locked could then not be told
    """
    different, missing, wanted = [], [], set()
    for number, line in _lines(lock):
        requirement = _read(line, f"{lock}:{number}")
        name = canonicalize_name(requirement.name)
        if not _applies(requirement, markers, f"{lock}:{number}"):
            continue
        wanted.add(name)
        if name not in installed:
            missing.append(name)
        elif not _holds(requirement.specifier, installed[name]):
            locked = next(iter(requirement.specifier)).version
            different.append(Difference(name, locked, installed[name]))
    extra = sorted(set(installed) - wanted)
    return Drift(tuple(sorted(set(different))), tuple(sorted(set(missing))), tuple(extra))


def _lines(lock: Path) -> list[tuple[int, str]]:
    """The logical lines that ask for something, each with the number of its first line."""
    try:
        with lock.open("rb") as stream:
            data = stream.read(MAX_LOCK + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise StageError(f"the lock cannot be read: {error.strerror}", where=str(lock)) from error
    except UnicodeDecodeError as error:
        raise StageError("the lock is not UTF-8 text", where=str(lock)) from error
    if len(data) > MAX_LOCK:
        raise StageError(f"the lock is larger than {MAX_LOCK} bytes", where=str(lock))
    found, started, pending = [], 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        started = started if pending else number
        # pip joins lines before it strips comments, except that a comment line ends what it continues.
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            pending += line[:-1] + " "
            continue
        whole = _HASH.sub("", _COMMENT.sub("", pending + line)).strip()
        pending = ""
        if whole and _OPTION.split(whole, maxsplit=1)[0] not in _INERT:
            found.append((started, whole))
    if pending.strip():
        raise StageError("the lock ends in the middle of a line", where=str(lock))
    return found


def _read(line: str, where: str) -> Requirement:
    try:
        requirement = Requirement(line)
    except InvalidRequirement as error:
        raise StageError(f"{line!r} is not a pinned requirement", where=where, remedy=_PIN) from error
    clauses = list(requirement.specifier)
    exact = len(clauses) == 1 and clauses[0].operator in ("==", "===") and not clauses[0].version.endswith("*")
    if requirement.url or not exact:
        raise StageError(f"{line!r} does not pin one version", where=where, remedy=_PIN)
    return requirement


_PIN: Final = (
    "A lock has one `name==version` a line, as `pip freeze`, `pip-compile` or `uv export` write it; "
    "includes, editable and URL requirements cannot be compared."
)


def _applies(requirement: Requirement, markers: Mapping[str, str], where: str) -> bool:
    if requirement.marker is None:
        return True
    try:
        return requirement.marker.evaluate({**markers, "extra": ""})
    except (UndefinedComparison, UndefinedEnvironmentName) as error:
        raise StageError(f"the marker cannot be evaluated: {error}", where=where) from error


def _holds(specifier: SpecifierSet, version: str) -> bool:
    try:
        return specifier.contains(version, prereleases=True)
    except ValueError:
        # An installed version that is none: surely not the one that was locked.
        return False
