"""assay: the chain of custody for AI pipelines.

The names for programs: :func:`verify_data_integrity` and :func:`load_verified`, and the errors they raise. They are
imported when they are first used, so that ``import assay`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from assay.api import load_verified, verify_data_integrity
    from assay.core.decision import DeniedError
    from assay.core.errors import DigestError, Error, IntegrityError

__version__: Final = "0.1.0"
__all__ = [
    "DeniedError",
    "DigestError",
    "Error",
    "IntegrityError",
    "__version__",
    "load_verified",
    "verify_data_integrity",
]

_HOMES: Final = {
    "DeniedError": "assay.core.decision",
    "DigestError": "assay.core.errors",
    "Error": "assay.core.errors",
    "IntegrityError": "assay.core.errors",
    "load_verified": "assay.api",
    "verify_data_integrity": "assay.api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
