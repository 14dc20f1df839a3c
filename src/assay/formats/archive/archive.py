"""What all archives have in common, for the rules that look at any of them: names, links, bombs and programs inside."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget, LimitReached
from assay.formats.source import Source
from assay.formats.view import Problem, View

_LARGE: Final = 32 << 20
_MUCH: Final = 500
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_DEVICE: Final = re.compile(r"(?i)(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)")


@dataclass(frozen=True, slots=True)
class Place:
    """A name that an archive writes to when it is unpacked.

    :param link: what it points to, when it is a link; ``None`` for anything else
    :param hard: the link names another member, not a path seen from where it lies
    :param special: what else it is, when it is neither file, folder nor link: ``a character device``
    """

    name: str
    offset: int
    link: str | None = None
    hard: bool = False
    special: str = ""
    is_folder: bool = False


class Archive(View):
    """Base of the views of archives."""

    kind: ClassVar[str] = "archive"

    def __init__(self) -> None:
        super().__init__()
        self.trailing: tuple[int, int] | None = None
        """Offset and length of what follows its end, unless that is all zeros."""
        self.broken_sums: list[tuple[str, int, bool]] = []
        """Members whose content has another checksum than declared: name, offset, and whether none was declared at
        all. Filled while members are read, as the next two."""
        self.bombs: list[tuple[str, LimitReached]] = []
        """Members whose expansion met a limit."""
        self.inflated: list[tuple[str, int, int, int]] = []
        """Members that are hundreds of times larger than their compressed form: name, offset, bytes in, bytes out."""
        self.programs: list[tuple[str, int, str]] = []
        """Members that begin as native programs do: name, offset, format."""
        self.closed: list[tuple[str, int]] = []
        """Members whose content nobody could look at: encrypted, or packed by a method that is not known."""
        self._outermost: tuple[int, Budget] | None = None

    def account(self, source: Source, budget: Budget) -> None:
        """Remember what the file costs, when this archive is the file and lies in no other."""
        if budget.depth == 0:
            self._outermost = (source.size, budget)

    @property
    def total(self) -> tuple[int, int] | None:
        """Bytes of the file and all that came out of it at every depth, when that is hundreds of times as much."""
        if self._outermost is None:
            return None
        size, budget = self._outermost
        many = budget.expanded >= _LARGE and budget.expanded > _MUCH * max(size, 1)
        return (size, budget.expanded) if many else None

    def places(self) -> Iterator[Place]:
        """Every name in it, in order."""
        return iter(())

    def look(self, name: str, offset: int, source: Source) -> None:
        """Remember a member that begins as a native program does."""
        found = native(source.read(0, 4))
        if found:
            self.programs.append((name, offset, found))

    def grew(self, name: str, offset: int, taken: int, given: int) -> None:
        """Remember a member that expands to far more than weights ever would."""
        if given >= _LARGE and given > _MUCH * max(taken, 1):
            self.inflated.append((name, offset, taken, given))

    def stop(self, name: str, error: FormatError, offset: int) -> None:
        """Remember why a member could not be expanded to its end."""
        if isinstance(error, LimitReached) and error.limit in {"expanded", "ratio"}:
            self.bombs.append((name, error))
        self.problems.append(Problem(f"{shown(name)}: {error.what}", offset))


def native(start: bytes) -> str:
    """The native program format whose magic number this is, or nothing."""
    if start[:4] == b"\x7fELF":
        return "ELF"
    if start[:2] == b"MZ":
        return "PE"
    return "Mach-O" if start[:4] in _MACH else ""


_MACH: Final = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")


def escape(name: str) -> str:
    """How a name leaves the folder it is unpacked in, as half a sentence; empty when it does not."""
    path = name.replace("\\", "/")
    if path.startswith("/"):
        return "is an absolute path"
    if _DRIVE.match(path):
        return "names a drive"
    if ".." in path.split("/") and _climbs(path):
        return "climbs out of the folder it is unpacked in"
    return ""


def link_escape(name: str, target: str, *, hard: bool) -> str:
    """How a link leaves the folder it is unpacked in, as half a sentence; empty when it does not."""
    path = target.replace("\\", "/")
    if path.startswith("/"):
        return "an absolute path"
    if _DRIVE.match(path):
        return "a drive"
    full = path if hard else posixpath.join(posixpath.dirname(name.replace("\\", "/")), path)
    return "a place outside the folder it is unpacked in" if _climbs(full) else ""


def odd(name: str) -> str:
    """What is odd about a name that stays inside, as half a sentence; empty when nothing is."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return "holds a control character"
    if any(letter in _BIDIRECTIONAL for letter in name):
        return "holds characters that reverse how it is shown"
    if any(_DEVICE.match(part) for part in name.replace("\\", "/").split("/")):
        return "is a device's name on Windows"
    return ""


_BIDIRECTIONAL: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def same(name: str) -> str:
    """The name as unpacking would resolve it: two names that give the same would overwrite each other."""
    return posixpath.normpath(name.replace("\\", "/").rstrip("/") or ".").lstrip("/")


def shown(name: str) -> str:
    """The name for a message: quoted, short, without control characters."""
    return repr(name if len(name) <= 200 else name[:200] + "…")


def _climbs(path: str) -> bool:
    depth = 0
    for part in path.split("/"):
        depth += -1 if part == ".." else 0 if part in {"", "."} else 1
        if depth < 0:
            return True
    return False
