"""The environment variables that a command is given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from assay.core.errors import StageError

#: Variables of this prefix are assay's own: passphrases and settings. No command inherits one.
PRIVATE_PREFIX: Final = "ASSAY_"

_FIXED: Final = {
    "HOME": "/tmp",  # noqa: S108 - private memory in the sandbox
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TMPDIR": "/tmp",  # noqa: S108
    "TZ": "UTC",
}
#: Let through to an isolated command: how many threads to use is the machine's matter, and no secret.
_PASSED: Final = ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def isolated_variables(python: Path, extra: Mapping[str, str], parent: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of an isolated command: fixed values, thread counts, and what the stage names.

    :raises StageError: a name or value that no environment can hold
    """
    passed = {name: parent[name] for name in _PASSED if name in parent}
    path = f"{python.absolute().parent}:/usr/bin:/bin"
    return {**_FIXED, **passed, "PATH": path, **_checked(extra)}


def open_variables(python: Path, extra: Mapping[str, str], parent: Mapping[str, str]) -> dict[str, str]:
    """The parent's environment without assay's own variables, ``python`` first on the path, and what the stage names.

    :raises StageError: a name or value that no environment can hold
    """
    inherited = {name: value for name, value in parent.items() if not name.startswith(PRIVATE_PREFIX)}
    path = f"{python.absolute().parent}:{parent.get('PATH', '/usr/bin:/bin')}"
    return {**inherited, "PATH": path, **_checked(extra)}


def _checked(extra: Mapping[str, str]) -> dict[str, str]:
    for name, value in extra.items():
        if not name or "=" in name or "\0" in name + value:
            raise StageError(
                f"the environment variable {name!r} cannot be set",
                remedy="A name is not empty and has no `=`; neither it nor the value has a NUL.",
            )
    return dict(extra)
