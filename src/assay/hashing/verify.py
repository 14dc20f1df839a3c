"""Check a file or folder against a digest that is known from elsewhere."""

from __future__ import annotations

import hmac
import os
import stat
from pathlib import Path
from typing import Final

from assay.core.digest import DIR_HASH, SHA256, Digest, parse_digest
from assay.core.errors import DigestError, IntegrityError
from assay.hashing.artifact import hash_artifact
from assay.hashing.names import shown
from assay.hashing.opening import Target, guarded, opened
from assay.hashing.reading import Progress

_OTHERS: Final = {32: "an MD5", 40: "a SHA-1", 56: "a SHA-224", 96: "a SHA-384", 128: "a SHA-512"}
_MAX_TEXT: Final = 1000  # characters; no digest in any notation comes near


def verify_data_integrity(path: str | os.PathLike[str], known_hash: str, *, progress: Progress | None = None) -> Digest:
    """Hash the file or folder at ``path`` and compare it with ``known_hash``.

    ``known_hash`` is the SHA-256 of a file or the ``dirHash`` of a folder: all 64 hexadecimal digits in any case, with
    or without ``sha256:`` or ``dirHash:`` and surrounding space. An empty or truncated one, or one of another
    algorithm, is an error and never a match or a mismatch.

    :returns: the digest of what lies at ``path``
    :raises IntegrityError: the bytes are others; carries both digests (also a ``ValueError``)
    :raises DigestError: ``known_hash`` cannot be used (also a ``ValueError``); nothing was hashed
    :raises HashingError: ``path`` cannot be hashed faithfully
    """
    place = Path(path)
    where = shown(str(place))
    if not known_hash or not known_hash.strip():
        raise DigestError("the known hash is empty", where=where, remedy="Give the whole digest; empty proves nothing.")
    if len(known_hash) > _MAX_TEXT:
        raise DigestError(f"the known hash is {len(known_hash)} characters long, no digest is", where=where)
    with guarded(where), opened(Target(place)) as (_, status):
        algorithm = DIR_HASH if stat.S_ISDIR(status.st_mode) else SHA256
    expected = _parse(known_hash, algorithm)
    actual = hash_artifact(place, name=place.name or "data", progress=progress).digest
    if not hmac.compare_digest(str(expected), str(actual)):
        raise IntegrityError(
            f"its digest is {actual}, not the known {expected}",
            where=where,
            remedy="These are not the bytes that were vouched for: do not use them; find out what changed them.",
            expected=str(expected),
            actual=str(actual),
        )
    return actual


def _parse(known_hash: str, algorithm: str) -> Digest:
    try:
        return parse_digest(known_hash, algorithm=algorithm)
    except DigestError as error:
        other = _OTHERS.get(len(known_hash.strip().rpartition(":")[2]))
        hint = f"; {other} digest has that length" if other else ""
        raise DigestError(f"{error.what}{hint}", where="the known hash", remedy=error.remedy) from error
