"""A transaction on the declared outputs: all of them are new, or all of them are as they were.

On entry the journal is written and made durable, then every output that exists is renamed into the workspace. The
journal's name says how far it came: ``journal.json`` (the old outputs are to be put back) or, after one rename,
``committed.json`` (they are to be dropped). Each step of putting back can be repeated, so that :func:`recover` works
after a kill at any moment, itself included.

The workspace's folder is locked while a transaction lives; the kernel lets go of the lock when the process dies.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Final, Self

from assay.core.errors import StageError
from assay.stage.journal import COMMITTED, JOURNAL, Journal, read_journal, write_journal
from assay.stage.paths import check_declared, clear_folder, move, parent_folder, status, sync_folder

_ASIDE: Final = "aside"
_TRASH: Final = "trash"


class OutputTransaction:
    """Within it the outputs do not exist until the command makes them; leaving it without a commit puts the old back.

    ::

        with OutputTransaction(project, outputs, workspace) as transaction:
            outcome = run_command(...)
            if outcome.succeeded:
                transaction.commit()

    :param project: the project's folder
    :param outputs: what the stage makes, relative to the project
    :param workspace: a folder on the project's file system, made when it is missing
    :param inputs: what the stage reads; checked against the outputs
    :raises StageError: paths that :func:`assay.stage.paths.check_declared` refuses, another transaction in the
        workspace, or one that was killed there and waits for :func:`recover`
    """

    def __init__(self, project: Path, outputs: tuple[str, ...], workspace: Path, inputs: tuple[str, ...] = ()) -> None:
        check_declared(inputs, outputs)
        self._project = project.resolve()
        self._located = _locate(project, workspace)
        self._workspace = self._located[0] / self._located[1]
        self._paths = tuple(PurePosixPath(output) for output in outputs)
        self._lock = -1
        self._journal: Journal | None = None

    def __enter__(self) -> Self:
        self._lock = _lock(*self._located, create=True)
        try:
            if any((self._workspace / name).exists() for name in (JOURNAL, COMMITTED, _ASIDE, _TRASH)):
                raise StageError(
                    "an earlier run left its journal here", where=str(self._workspace), remedy="Recover it first."
                )
            self._journal = self._survey()
            with _failing_as("the outputs cannot be set aside", self._workspace):
                write_journal(self._workspace, self._journal)
                self._set_aside(self._journal)
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    @property
    def missing(self) -> tuple[str, ...]:
        """The declared outputs that are not there now."""
        return tuple(str(path) for path in self._paths if status(self._project, path) is None)

    def commit(self) -> None:
        """Keep what the command made and drop what was there before.

        :raises StageError: a declared output was not made; the old ones will be put back
        """
        if self._journal is None:
            raise StageError("this transaction has ended", where=str(self._workspace))
        if missing := self.missing:
            raise StageError(
                f"the command did not make {', '.join(missing)}",
                remedy="Mend the command, or declare only what it makes.",
            )
        with _failing_as("the outputs cannot be committed", self._workspace):
            (self._workspace / JOURNAL).rename(self._workspace / COMMITTED)
            sync_folder(self._workspace)
        self._leave()

    def _survey(self) -> Journal:
        made: dict[PurePosixPath, None] = {}
        existed = set()
        for path in self._paths:
            if status(self._project, path) is not None:
                existed.add(path)
            for parent in reversed(path.parents[:-1]):
                if status(self._project, parent) is None:
                    made[parent] = None
        return Journal(self._paths, frozenset(existed), tuple(made))

    def _set_aside(self, journal: Journal) -> None:
        (self._workspace / _ASIDE).mkdir()
        touched = {self._workspace / _ASIDE, self._workspace}
        for position, path in enumerate(journal.outputs):
            if path in journal.existed:
                move((self._project, path), (self._workspace / _ASIDE, PurePosixPath(str(position))))
                touched.add(self._project / path.parent)
            else:
                with parent_folder(self._project, path, create=True):
                    pass
        for folder in touched:
            sync_folder(folder)

    def _leave(self) -> None:
        if self._lock < 0:
            return
        try:
            if self._journal is not None:
                # The disk decides, not what we remember: a Ctrl-C may have come right after the commit's rename.
                if not (self._workspace / COMMITTED).exists():
                    _put_back(self._project, self._workspace, self._journal)
                _clear(self._workspace)
        finally:
            self._journal = None
            os.close(self._lock)
            self._lock = -1


def recover(project: Path, workspace: Path) -> bool:
    """Finish what a killed run left in ``workspace``: put the old outputs back unless the run had committed.

    To be called before the next run uses the workspace; calling it again does nothing. Everything else in the
    workspace is removed.

    :returns: whether there was a run to finish
    :raises StageError: another process is using the workspace, or its journal cannot be read; nothing was changed then
    """
    root, place = _locate(project, workspace)
    project, workspace = project.resolve(), root / place
    try:
        lock = _lock(root, place)
    except FileNotFoundError:
        return False
    try:
        journal = read_journal(workspace)
        found = journal is not None or (workspace / COMMITTED).exists()
        if journal is not None:
            _put_back(project, workspace, journal)
        _clear(workspace)
        clear_folder(workspace)
        return found
    finally:
        os.close(lock)


def _put_back(project: Path, workspace: Path, journal: Journal) -> None:
    """Undo: safe to repeat from the start after a kill at any point of it."""
    aside, trash = workspace / _ASIDE, workspace / _TRASH
    with _failing_as("the earlier outputs cannot be put back", aside):
        trash.mkdir(exist_ok=True)
        clear_folder(trash)
        for position, path in enumerate(journal.outputs):
            kept = aside.is_dir() and status(aside, PurePosixPath(str(position))) is not None
            # Existed, and is not set aside: it was never moved, or is back already. It must not be touched.
            if path in journal.existed and not kept:
                continue
            if status(project, path) is not None:
                move((project, path), (trash, PurePosixPath(str(position))))
            if kept:
                move((aside, PurePosixPath(str(position))), (project, path))
        for folder in reversed(journal.made):
            with suppress(OSError, StageError), parent_folder(project, folder) as parent:
                os.rmdir(folder.name, dir_fd=parent)
        for path in journal.outputs:
            if (project / path).parent.is_dir():
                sync_folder((project / path).parent)


def _clear(workspace: Path) -> None:
    """Empty the workspace, the journal last: as long as something of a run is left, it can be recovered."""
    with _failing_as("the workspace cannot be emptied", workspace):
        for name in (_ASIDE, _TRASH):
            clear_folder(workspace / name)
            with suppress(FileNotFoundError):
                (workspace / name).rmdir()
        for name in (f"{JOURNAL}.new", JOURNAL, COMMITTED):
            (workspace / name).unlink(missing_ok=True)


@contextmanager
def _failing_as(what: str, where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StageError(
            f"{what}: {error.strerror}", where=str(where), remedy="Mend the cause and run again; nothing is lost."
        ) from error


def _locate(project: Path, workspace: Path) -> tuple[Path, PurePosixPath]:
    """Where the workspace lies, from a root that is trusted: the project, or for one outside it, its parent.

    Below that root no symbolic link is followed: recovery empties the workspace, and a project that somebody else made
    could have a link there to a folder of ours.
    """
    if workspace.absolute().is_relative_to(project.absolute()):
        return project.resolve(), PurePosixPath(workspace.absolute().relative_to(project.absolute()))
    return workspace.parent.resolve(), PurePosixPath(workspace.name)


def _lock(root: Path, place: PurePosixPath, *, create: bool = False) -> int:
    """Open and lock the workspace.

    :raises FileNotFoundError: it is not there and ``create`` is off
    """
    try:
        with parent_folder(root, place, create=create) as parent:
            if create:
                with suppress(FileExistsError):
                    os.mkdir(place.name, 0o700, dir_fd=parent)
            descriptor = os.open(place.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StageError(f"the workspace cannot be opened: {error.strerror}", where=str(root / place)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StageError(
            "another run is using this workspace", where=str(root / place), remedy="Wait until it has ended."
        ) from error
    return descriptor
