"""Ask Git about a repository that may be hostile, without running anything that its configuration names.

A repository's own configuration can name programs: hooks, a file-system monitor, filters, transports. All are
overridden; nothing of ``GIT_*`` is inherited; nothing is fetched; replacement objects do not count.
Source: git-config(1), gitattributes(5), git(1) "Environment variables"; CVE-2024-32465 (lazy fetching).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from assay.core.errors import StageError

#: Seconds that one question may take; a status of a very large project reads every file.
TIME_LIMIT: Final = 300.0

_PASSED: Final = ("HOME", "PATH", "XDG_CONFIG_HOME")
_FIXED: Final = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
#: What a repository must not decide: programs to run, and settings by which a changed file passes for unchanged.
_SETTINGS: Final = (
    "core.checkStat=default",
    "core.fileMode=true",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.ignoreStat=false",
    "core.trustctime=true",
    "core.untrackedCache=false",
    "submodule.recurse=false",
)
_FILTERS: Final = ("clean", "smudge", "process")
_LOCAL: Final = (b"local", b"worktree")


class GitRefusal(Exception):  # noqa: N818 - Git's own "no", told apart by its callers within the room
    """Git ended with an error; ``said`` is what it wrote."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def ask(folder: Path, *arguments: str, settings: tuple[str, ...] = ()) -> bytes:
    """Run ``git`` in ``folder`` and give back what it wrote.

    :param settings: ``name=value`` settings beside the safe ones
    :raises GitRefusal: Git is not installed or ended with an error
    :raises StageError: it did not answer in time, or the repository belongs to somebody else
    """
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ} | _FIXED
    options = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
    try:
        answer = subprocess.run(
            ["git", "--no-pager", *options, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StageError(f"git did not answer within {TIME_LIMIT:g} seconds", where=str(folder)) from error
    except OSError as error:
        raise GitRefusal(f"git cannot be started: {error.strerror}") from error
    if answer.returncode != 0:
        said = answer.stderr.decode(errors="replace")
        if "dubious ownership" in said:
            raise StageError(
                "the Git repository belongs to another user, so Git does not read it",
                where=str(folder),
                remedy=f"If you trust it: git config --global --add safe.directory {folder}",
            )
        raise GitRefusal(said)
    return answer.stdout


def without_filters(folder: Path) -> tuple[str, ...]:
    """Settings that disarm every filter which the repository's own configuration names.

    Filters that the user or the system has configured (Git LFS) stay: those are the user's programs.

    :raises GitRefusal: the configuration cannot be read
    :raises StageError: as :func:`ask`
    """
    listed = ask(folder, "config", "--list", "--show-scope", "--name-only", "-z", "--includes")
    words = listed.split(b"\0")
    disarmed: set[str] = set()
    for scope, key in zip(words[::2], words[1::2], strict=False):
        name = key.decode(errors="surrogateescape")
        if scope in _LOCAL and name.startswith("filter.") and "." in name[len("filter.") :]:
            driver = name.rpartition(".")[0]
            disarmed.update(f"{driver}.{filter_}=" for filter_ in _FILTERS)
            disarmed.add(f"{driver}.required=false")
    return tuple(sorted(disarmed))
