"""What an object may be called: exactly 64 lower-case hexadecimal digits, so that no name can leave the store."""

from __future__ import annotations

import re
from typing import Final

from assay.core.errors import BlobError

_NAME: Final = re.compile(r"[0-9a-f]{64}")


def is_name(text: str) -> bool:
    """Whether ``text`` is the name of an object."""
    return _NAME.fullmatch(text) is not None


def check_name(name: str) -> str:
    """``name`` itself.

    :raises BlobError: it is no object's name
    """
    if not is_name(name):
        raise BlobError("an object's name is 64 hexadecimal digits", where=ascii(name[:80]))
    return name
