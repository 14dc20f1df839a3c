"""Write a file so that a reader sees all of it or what was there before."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from assay.core.errors import HashingError
from assay.hashing.names import shown


def refuse_inside(output: Path, paths: Iterable[Path]) -> None:
    """Refuse an ``output`` that exists among ``paths`` or in a folder of them: it would be part of what it describes.

    :raises HashingError: it is
    """
    if not os.path.lexists(output):
        return
    place = os.path.realpath(output)
    for path in paths:
        if Path(place).is_relative_to(os.path.realpath(path)):
            raise HashingError(
                "the output is itself among what is to be hashed",
                where=shown(str(output)),
                remedy="Put it elsewhere, or remove the old one first.",
            )


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in one step, in place of a file that may be there; on disk when this returns.

    A device or a pipe (``/dev/null``, ``/dev/stdout``) is written to, never replaced.

    :raises HashingError: it cannot be written; what was there is untouched
    """
    if _is_stream(path):
        _write_through(path, data)
        return
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from error


def _is_stream(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _write_through(path: Path, data: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(data)
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError | ValueError) -> HashingError:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return HashingError(f"it cannot be written: {reason}", where=shown(str(path)))
