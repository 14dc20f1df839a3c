"""Walk a folder by descriptors and yield its files, refusing whatever must not stand in an artifact."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from assay.core.errors import HashingError
from assay.hashing.names import check_names, shown
from assay.hashing.opening import below, changed, link, open_folder, special

MAX_FILES: Final = 10_000_000
MAX_DEPTH: Final = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """``files`` and folders together that one artifact may hold, and how deep folders may lie in each other."""

    files: int = MAX_FILES
    depth: int = MAX_DEPTH


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as it was listed: its parts below the artifact, its status then, and each name's inode."""

    parts: tuple[str, ...]
    status: tuple[int, int, int, int]
    listing: dict[str, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """The regular files of one folder, by ``names`` in order. ``descriptor`` is open until the walk moves on.

    ``prefix`` goes before each name to make its path in the artifact: ``""`` or ``folder/``.
    """

    descriptor: int
    prefix: str
    names: tuple[str, ...]


@dataclass(slots=True)
class Walk:
    """One walk. ``root`` is an open folder, called ``where`` in messages; ``folders`` fills up as they are listed.

    ``without`` are paths (``a/b``) that are left out, whatever they are; only their names are still checked.
    """

    root: int
    where: str
    limits: Limits = field(default_factory=Limits)
    folders: list[Folder] = field(default_factory=list)
    without: frozenset[str] = frozenset()
    _met: int = field(default=0, init=False)

    def listed(self) -> Iterator[Listed]:
        """Every folder's files, a folder before the folders in it, these by name; hidden files too.

        :raises RefusedPath: a symbolic link, special file, unsafe name, or two names that collide
        :raises HashingError: a folder that cannot be read, or more or deeper folders than the limits allow
        """
        return self._below(self.root, ())

    def confirm(self) -> None:
        """See that every folder is still the one that was listed and lists the same; call when all files are read.

        :raises HashingError: something was added, removed or replaced meanwhile
        """
        for folder in self.folders:
            if not folder.parts:
                self._confirm(self.root, folder)
                continue
            with below(self.root, folder.parts, within=self.where) as (descriptor, _):
                self._confirm(descriptor, folder)

    def _below(self, descriptor: int, parts: tuple[str, ...]) -> Iterator[Listed]:
        folder = "/".join(parts)
        if len(parts) > self.limits.depth:
            raise HashingError(f"folders lie deeper than {self.limits.depth} levels", where=shown(self._named(folder)))
        status = _status(descriptor)
        entries = self._list(descriptor, folder)
        self.folders.append(Folder(parts, status, {entry.name: entry.inode() for entry in entries}))
        prefix = f"{folder}/" if folder else ""
        files, folders = [], []
        for entry in entries:
            if self.without and prefix + entry.name in self.without:
                continue
            if entry.is_file(follow_symlinks=False):
                files.append(entry.name)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif entry.is_symlink():
                raise link(entry.name, descriptor, self._named(prefix + entry.name))
            else:
                raise special(entry.stat(follow_symlinks=False).st_mode, self._named(prefix + entry.name))
        if files:
            yield Listed(descriptor, prefix, tuple(files))
        for name in folders:
            deeper = open_folder(name, descriptor, self._named(prefix + name))
            try:
                yield from self._below(deeper, (*parts, name))
            finally:
                os.close(deeper)

    def _list(self, descriptor: int, folder: str) -> list[os.DirEntry[str]]:
        found = []
        with os.scandir(descriptor) as entries:
            for entry in entries:
                if self._met >= self.limits.files:
                    raise HashingError(f"it holds more than {self.limits.files} files", where=shown(self.where))
                self._met += 1
                found.append(entry)
        found.sort(key=_name)
        check_names([entry.name for entry in found], within=self._named(folder))
        return found

    def _confirm(self, descriptor: int, folder: Folder) -> None:
        with os.scandir(descriptor) as entries:
            listing = {entry.name: entry.inode() for entry in entries}
        if listing != folder.listing or _status(descriptor) != folder.status:
            raise changed(self._named("/".join(folder.parts)), "files were added, removed or replaced")

    def _named(self, path: str) -> str:
        return f"{self.where}/{path}" if path else self.where


def _status(descriptor: int) -> tuple[int, int, int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
