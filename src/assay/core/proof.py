"""A proof that an entry is in the ledger, which needs nothing but the entry and the keys to be checked.

Source: C2SP ``tlog-proof``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assay.core import base64text, merkle
from assay.core.errors import StatementError
from assay.core.note import Checkpoint

HEADER: Final = "c2sp.org/tlog-proof@v1"
#: A tree of 2^63 entries has proofs of 63 hashes; a signed note has its own bound.
MAX_BYTES: Final = 1024 * 1024
MAX_HASHES: Final = 63


@dataclass(frozen=True, slots=True)
class LogProof:
    """``index`` of the entry, the ``hashes`` that lead from it to the root, and the signed ``note`` with that root."""

    index: int
    hashes: tuple[bytes, ...]
    note: str

    def render(self) -> str:
        """The proof as text, by convention in a file that ends in ``.tlog-proof``."""
        hashes = [base64text.encode(item) for item in self.hashes]
        return "\n".join([HEADER, f"index {self.index}", *hashes, "", self.note])

    def holds(self, entry: bytes, checkpoint: Checkpoint) -> bool:
        """Whether ``entry`` stands at ``index`` under ``checkpoint``, which is the verified ``note``."""
        leaf = merkle.leaf_hash(entry)
        return merkle.verify_inclusion(leaf, self.index, checkpoint.size, self.hashes, checkpoint.root)


def parse_proof(text: str) -> LogProof:
    """Read a proof.

    :raises StatementError: any line is not as it has to be
    """
    if len(text.encode()) > MAX_BYTES:
        raise StatementError("the proof is too large")
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines[0] != HEADER:
        raise StatementError(f"a proof begins with {HEADER!r} and has an empty line before its checkpoint")
    rest = lines[2:] if len(lines) > 1 and lines[1].startswith("extra ") else lines[1:]
    word, _, number = rest[0].partition(" ") if rest else ("", "", "")
    if word != "index" or not number.isascii() or not number.isdigit() or str(int(number[:20])) != number:
        raise StatementError("a proof must say `index` and a number")
    if len(rest) - 1 > MAX_HASHES:
        raise StatementError(f"a proof has at most {MAX_HASHES} hashes")
    return LogProof(int(number), tuple(map(_hash, rest[1:])), note)


def _hash(line: str) -> bytes:
    found = base64text.decode(line, what="a hash in the proof")
    if len(found) != merkle.HASH_BYTES:
        raise StatementError(f"a hash in the proof must have {merkle.HASH_BYTES} bytes")
    return found
