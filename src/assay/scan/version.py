"""Which rules judged: their date, and a digest of everything that decides a result."""

from __future__ import annotations

import hashlib
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
    for path in _sources():
        whole.update(f"{path.relative_to(_PACKAGE).as_posix()}\0{path.stat().st_size}\0".encode())
        whole.update(path.read_bytes())
    return f"{RULES_DATE}+{whole.hexdigest()[:16]}"


def _sources() -> list[Path]:
    found = (path for room in _JUDGING for path in (_PACKAGE / room).rglob("*") if path.suffix in _COUNTED)
    return sorted(path for path in found if path.name != _BUILT)
