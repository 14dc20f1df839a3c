"""Base64 that has one reading: padded, in one alphabet, without white space or stray bits."""

from __future__ import annotations

import base64
import binascii

from assay.core.errors import StatementError


def encode(data: bytes) -> str:
    """``data`` as base64 text."""
    return base64.b64encode(data).decode()


def decode(text: str, *, what: str) -> bytes:
    """The bytes of canonical base64: what :func:`encode` would write again.

    :raises StatementError: anything else, naming ``what``; two readers could read it differently
    """
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise StatementError(f"{what} is not base64") from error
    if encode(decoded) != text:
        raise StatementError(f"{what} is base64 with stray bits, which two readers may read differently")
    return decoded
