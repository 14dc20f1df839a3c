"""Python 2's names, which an unpickler maps to Python 3's in protocols 0 to 2."""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING  # type: ignore[import-not-found, unused-ignore]


def python3(module: str, name: str) -> tuple[str, str]:
    """What ``find_class`` fetches for a name below protocol 3."""
    found = NAME_MAPPING.get((module, name))
    if found is not None:
        return str(found[0]), str(found[1])
    return str(IMPORT_MAPPING.get(module, module)), name
