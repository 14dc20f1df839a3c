"""Which rules judged: their date, and a digest of everything that decides a result."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

#: The day the rules, the readers or the lists were last changed. Policies ask for a minimum.
RULES_DATE: Final = "2026-11-23"

_PACKAGE: Final = Path(__file__).parent.parent
_JUDGING: Final = ("core", "formats", "scan")
_COUNTED: Final = (".py", ".txt")
#: Says how the package was built, not what it judges by.
_BUILT: Final = "compiled.txt"


@cache
def rules_version() -> str:
    """``2026-03-01+<hexadecimal>``: the date, and the start of the SHA-256 of all sources and lists that judge."""
    whole = hashlib.sha256()
    for name, place in sorted(_sources()):
        with open(place, "rb", buffering=0) as file:  # noqa: PTH123 - of 500 files, paths take longer than reading them
            data = file.read()
        whole.update(f"{'/'.join(name)}\0{len(data)}\0".encode())
        whole.update(data)
    return f"{RULES_DATE}+{whole.hexdigest()[:16]}"


def _sources() -> Iterator[tuple[tuple[str, ...], str]]:
    """The parts of each one's name below the package, and where it lies."""
    folders: list[tuple[tuple[str, ...], str]] = [((room,), str(_PACKAGE / room)) for room in _JUDGING]
    for parts, folder in folders:  # it grows
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(_COUNTED) and entry.name != _BUILT:
                    yield (*parts, entry.name), entry.path
                elif "." not in entry.name and entry.is_dir():
                    folders.append(((*parts, entry.name), entry.path))
