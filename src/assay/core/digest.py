"""A digest: an algorithm's name and its value in lower-case hexadecimal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assay.core.errors import DigestError

SHA256: Final = "sha256"
#: A folder's digest: the SHA-256 of its sorted ``<sha256>  <path>\n`` lines, as in-toto's DigestSet defines it.
DIR_HASH: Final = "dirHash"
#: A Git commit's own name, SHA-1 or SHA-256.
GIT_COMMIT: Final = "gitCommit"

_HEX_LENGTHS: Final = {SHA256: (64,), DIR_HASH: (64,), GIT_COMMIT: (40, 64)}
_HEX_DIGITS: Final = b"0123456789abcdef"


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """``algorithm`` is a name from in-toto's DigestSet, ``value`` lower-case hexadecimal of its full length."""

    algorithm: str
    value: str

    def __post_init__(self) -> None:
        lengths = _HEX_LENGTHS.get(self.algorithm)
        if lengths is None:
            raise DigestError(f"the digest algorithm {self.algorithm!r} is not one of {', '.join(_HEX_LENGTHS)}")
        # One is made for every file that is hashed; deleting the digits and looking at the rest is the fastest check.
        if len(self.value) not in lengths or self.value.encode(errors="replace").translate(None, _HEX_DIGITS):
            wanted = " or ".join(map(str, lengths))
            raise DigestError(
                f"a {self.algorithm} digest is {wanted} hexadecimal digits; this one is {_shown(self.value)}",
                remedy="Give the whole digest, as `assay hash` or `sha256sum` prints it.",
            )

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"

    @property
    def short(self) -> str:
        """The first twelve digits, for people."""
        return self.value[:12]


def parse_digest(text: str, *, algorithm: str = SHA256) -> Digest:
    """Read a digest that a person or a tool wrote: any case, surrounding space, with or without ``<algorithm>:``.

    :raises DigestError: empty, truncated, too long, not hexadecimal, or of another algorithm
    """
    cleaned = text.strip()
    prefix, colon, rest = cleaned.partition(":")
    if colon:
        if prefix.lower() != algorithm.lower():
            raise DigestError(f"a {algorithm} digest was expected, this one says {prefix!r}")
        cleaned = rest.strip()
    return Digest(algorithm, cleaned.lower())


def _shown(value: str) -> str:
    if not value:
        return "empty"
    if value.encode(errors="replace").translate(None, _HEX_DIGITS):
        return "not lower-case hexadecimal"
    return f"{len(value)} characters long"
