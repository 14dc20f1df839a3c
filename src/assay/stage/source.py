"""Which Git commit held the code, and whether the project's files differed from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from assay.core.digest import GIT_COMMIT, Digest
from assay.core.errors import StageError
from assay.core.evidence import Source
from assay.stage.git import GitRefusal, ask, without_filters

#: The largest file that :func:`read_at_commit` gives back.
MAX_FILE: Final = 64 * 1024 * 1024

_MAX_SUBMODULE_DEPTH: Final = 8
_GITLINK: Final = b"160000"
_FILES: Final = (b"100644", b"100755")
_SCP_LIKE: Final = re.compile(r"(?:[\w.-]+@)?(?P<rest>[\w.-]+:(?!//)[^@:\s]+)")
_SCHEMES: Final = ("git", "http", "https", "ssh")


@dataclass(frozen=True, slots=True)
class GitSource:
    """The checkout that a project's folder lies in.

    :param commit: the commit that is checked out
    :param dirty: the *project's* files differ from it, or it could not be told that they do not
    :param tree: hexadecimal id of the commit's tree for the project's folder; empty when the commit does not have it
    :param url: where ``origin`` is, without user name, password or query; ``None`` without one
    """

    commit: Digest
    dirty: bool
    tree: str
    url: str | None

    @property
    def source(self) -> Source:
        """What goes into a stage's provenance."""
        return Source(self.commit, self.dirty)


def describe_source(project: Path) -> GitSource | None:
    """Describe the Git checkout that ``project`` lies in; ``None`` without Git, a repository or a first commit.

    :raises StageError: the repository belongs to somebody else, Git did not answer in time, or its answers contradict
        each other
    """
    try:
        commit = ask(project, "rev-parse", "--verify", "--end-of-options", "HEAD^{commit}").decode().strip()
        top = Path(ask(project, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    except GitRefusal:
        return None
    if not project.resolve().is_relative_to(top.resolve()):
        raise StageError(
            f"the Git repository says that its files are in {top}, which does not hold the project",
            where=str(project),
            remedy="Remove core.worktree from the repository's configuration.",
        )
    try:
        return GitSource(Digest(GIT_COMMIT, commit), _is_dirty(project, 0), _tree(project), _remote(project))
    except GitRefusal as error:
        raise StageError(
            f"git could not tell the state of the project: {error.said.strip()}", where=str(project)
        ) from error


def read_at_commit(project: Path, commit: Digest, path: str) -> bytes | None:
    """The bytes of the file ``path``, relative to ``project``, in ``commit``; ``None`` when it has no such file.

    :raises StageError: no Git commit, a path that leaves the project, a file larger than :data:`MAX_FILE`, or Git did
        not answer in time
    """
    if commit.algorithm != GIT_COMMIT:
        raise StageError(f"{commit} does not name a Git commit")
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or not PurePosixPath(path).parts:
        raise StageError(f"{path!r} is not a path inside the project")
    try:
        listed = ask(project, "ls-tree", "-z", "-l", "--end-of-options", commit.value, "--", str(PurePosixPath(path)))
        entry = listed.split(b"\0")[0].split(b"\t")[0].split()
        if len(entry) != 4 or entry[0] not in _FILES:
            return None
        if int(entry[3]) > MAX_FILE:
            raise StageError(f"the file is larger than {MAX_FILE} bytes in that commit", where=path)
        return ask(project, "cat-file", "blob", entry[2].decode())
    except GitRefusal:
        return None


def _is_dirty(folder: Path, depth: int) -> bool:
    """Whether files under ``folder`` differ from the commit, with the submodules that lie in it.

    ``git status`` is asked without its own look into submodules: there it would obey their configuration. A file that
    the index says not to look at (``--assume-unchanged``, a sparse file that is there nevertheless) counts as changed.
    """
    if depth > _MAX_SUBMODULE_DEPTH:
        return True
    options = ("--porcelain=v1", "-z", "--untracked-files=normal", "--ignore-submodules=dirty", "--no-renames")
    if ask(folder, "status", *options, "--", ".", settings=without_filters(folder)):
        return True
    for line in ask(folder, "ls-files", "-v", "-z").split(b"\0"):
        tag, name = line[:1], line[2:].decode(errors="surrogateescape")
        if tag.islower() or (tag == b"S" and (folder / name).exists()):
            return True
    for line in ask(folder, "ls-files", "-s", "-z").split(b"\0"):
        if line.startswith(_GITLINK):
            inner = folder / line.partition(b"\t")[2].decode(errors="surrogateescape")
            if (inner / ".git").exists() and _is_dirty(inner, depth + 1):
                return True
    return False


def _tree(project: Path) -> str:
    try:
        return ask(project, "rev-parse", "--verify", "--end-of-options", "HEAD:./").decode().strip()
    except GitRefusal:
        return ""


def _remote(project: Path) -> str | None:
    try:
        url = ask(project, "config", "--get", "remote.origin.url").decode(errors="replace").strip()
    except GitRefusal:
        return None
    return strip_credentials(url)


def strip_credentials(url: str) -> str | None:
    """``url`` without what must not be published: user name and password, query and fragment.

    ``None`` for any other form than ``scheme://host/path`` of a scheme that Git serves and ``user@host:path``: what is
    not understood could hide a secret, and a path of this machine says nothing to anybody else.
    """
    if match := _SCP_LIKE.fullmatch(url):
        return match["rest"]
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    # An @ in the path may be the rest of a password that has a slash in it.
    if parts.scheme not in _SCHEMES or not parts.hostname or "@" in parts.path:
        return None
    return urlunsplit((parts.scheme, parts.hostname + port, parts.path, "", ""))
