"""Check the files on disk against a manifest's lines: altered, missing and added files told apart."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.core.digest import Digest
from assay.core.errors import HashingError
from assay.core.manifest import Comparison
from assay.hashing.mapping import Mappers
from assay.hashing.opening import Target, guarded, opened, unreadable
from assay.hashing.reading import Progress, new_buffer
from assay.hashing.schedule import spread
from assay.hashing.survey import Large, digest_large, survey
from assay.hashing.walk import Limits, Walk

_GONE: Final = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. ``problems`` are files and folders that nothing can be said about: never a match.

    ``folders`` are those that were searched for added files; without any, none were looked for.
    """

    comparison: Comparison
    problems: tuple[HashingError, ...]
    folders: tuple[str, ...]


def check_manifest(
    named: Mapping[str, Digest],
    *,
    paths: Sequence[Path] = (),
    manifest: Path | None = None,
    progress: Progress | None = None,
) -> Checked:
    """Hash every file that ``named`` names, and look for files that it does not name.

    These are looked for under ``paths``; without them, under the first folder of each line's path (``data`` for
    ``data/train/a.csv``, the current folder for ``./a.csv``). The ``manifest`` itself never counts as added.

    :raises HashingError: a line's path is absolute and ``paths`` does not say where to look
    """
    problems: list[HashingError] = []
    roots = list(paths) or _first_folders(named)
    lying = {path: None for root in roots for path in _files(root, manifest, problems)}
    modes = {path: mode for path in sorted(named) if (mode := _mode(path, problems)) is not None}
    digests = _digests([path for path, mode in modes.items() if mode and not stat.S_ISDIR(mode)], problems, progress)
    known = {_plain(path) for path in named}
    comparison = Comparison(
        added=tuple(sorted(path for path in lying if _plain(path) not in known)),
        missing=tuple(path for path, mode in modes.items() if not mode),
        altered=tuple(
            path for path, mode in modes.items() if stat.S_ISDIR(mode) or digests.get(path, named[path]) != named[path]
        ),
    )
    return Checked(comparison, tuple(problems), tuple(map(str, roots)))


def _first_folders(named: Iterable[str]) -> list[Path]:
    folders: dict[Path, None] = {}
    for path in sorted(named):
        if path.startswith("/"):
            raise HashingError(
                "its paths are absolute, so it does not say in which folders to look for added files",
                remedy="Name them: `assay hash --check MANIFEST FOLDER`.",
            )
        parts = path.split("/")
        first = next(index for index, part in enumerate(parts) if part != "..")
        if first + 1 < len(parts):
            folders[Path(*parts[: first + 1])] = None
    return list(folders)


def _files(root: Path, manifest: Path | None, problems: list[HashingError]) -> list[str]:
    target, found = Target(root), []
    try:
        if _mode(str(root), problems) == _GONE:  # its files are missing, each by its name
            return []
        with guarded(target.where), opened(target) as (descriptor, status):
            own = manifest.stat() if manifest is not None else None
            if not stat.S_ISDIR(status.st_mode):
                return [str(root)]
            for listed in Walk(descriptor, str(root), Limits()).listed():
                for name in listed.names:
                    if own is None or not _same(name, listed.descriptor, own):
                        found.append(f"{root}/{listed.prefix}{name}")
    except HashingError as error:
        problems.append(error)
    return found


def _same(name: str, folder: int, other: os.stat_result) -> bool:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return (status.st_dev, status.st_ino) == (other.st_dev, other.st_ino)


def _mode(path: str, problems: list[HashingError]) -> int | None:
    """The mode of what lies at ``path``; ``_GONE`` for nothing, ``None`` when that cannot be told."""
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return _GONE
    except OSError as error:
        problems.append(unreadable(error, path))
        return None


def _digests(paths: Sequence[str], problems: list[HashingError], progress: Progress | None) -> dict[str, Digest]:
    buffer, limits = new_buffer(), Limits()
    digests: dict[str, Digest] = {}
    large: list[tuple[str, Large]] = []
    for path in paths:
        try:
            found = survey(Target(Path(path)), buffer, limits, progress)
        except HashingError as error:
            problems.append(error)
            continue
        large.extend((path, file) for file in found.large)
        digests.update((path, entry.digest) for entry in found.small)

    def work(item: tuple[str, Large], own: memoryview, report: Progress) -> Digest | HashingError:
        try:
            return digest_large(item[1], own, report, mappers)
        except HashingError as error:
            return error

    large.sort(key=lambda item: -item[1].size)
    with Mappers(sum(file.size for _, file in large)) as mappers:
        outcomes = spread(work, large, progress=progress)
    for (path, _), outcome in zip(large, outcomes, strict=True):
        if isinstance(outcome, HashingError):
            problems.append(outcome)
        else:
            digests[path] = outcome
    return digests


def _plain(path: str) -> str:
    return path.removeprefix("./")
