"""What a transaction on outputs is about to do, written down before it does it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from assay.core import jsontext
from assay.core.errors import StageError, StatementError
from assay.core.jsontext import Json
from assay.stage.paths import check_path, sync_folder

#: The journal of a transaction whose old outputs are to be put back.
JOURNAL: Final = "journal.json"
#: Its name once they are to be dropped.
COMMITTED: Final = "committed.json"

_MAX_JOURNAL: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Journal:
    """``outputs`` in order; ``existed`` those that stood there before; ``made`` the parent folders that did not."""

    outputs: tuple[PurePosixPath, ...]
    existed: frozenset[PurePosixPath]
    made: tuple[PurePosixPath, ...]

    def render(self) -> bytes:
        """The journal as JSON; the same journal gives the same bytes."""
        fields: dict[str, Json] = {
            "outputs": [str(path) for path in self.outputs],
            "existed": [str(path) for path in sorted(self.existed)],
            "made": [str(path) for path in self.made],
        }
        return jsontext.dumps(fields)


def write_journal(workspace: Path, journal: Journal) -> None:
    """Write it so that it is there whole, even after a loss of power, or not at all.

    :raises OSError: it cannot be written
    """
    temporary = workspace / f"{JOURNAL}.new"
    with temporary.open("wb") as stream:
        stream.write(journal.render())
        stream.flush()
        os.fsync(stream.fileno())
    temporary.rename(workspace / JOURNAL)
    sync_folder(workspace)


def read_journal(workspace: Path) -> Journal | None:
    """Read the journal of ``workspace``, trusting none of its paths; ``None`` when there is none.

    :raises StageError: it cannot be read, or names a path that no transaction would
    """
    path = workspace / JOURNAL
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_JOURNAL + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StageError(f"the journal cannot be read: {error.strerror}", where=str(path)) from error
    try:
        return _parse(data)
    except (StatementError, StageError) as error:
        raise StageError(
            f"the journal of an earlier run cannot be used: {error.what}",
            where=str(path),
            remedy="Its outputs are in the folder `aside` beside it; put them back by hand and remove the folder.",
        ) from error


def _parse(data: bytes) -> Journal:
    if len(data) > _MAX_JOURNAL:
        raise StageError("it is too large")
    match jsontext.loads(data, what="the journal"):
        case {"outputs": list(outputs), "existed": list(existed), "made": list(made)}:
            return Journal(_paths(outputs), frozenset(_paths(existed)), _paths(made))
        case _:
            raise StageError("it lacks a field")


def _paths(items: list[Json]) -> tuple[PurePosixPath, ...]:
    return tuple(check_path(str(item), what="the journal") for item in items)
