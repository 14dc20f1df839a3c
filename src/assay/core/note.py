"""Checkpoints and signed notes: how a log says "this many entries, this root" so that others can hold it to that.

::

    example.org/models        the log's origin
    3                         how many entries it has
    ynJ6...M=                 the root over them, base64
                              (an empty line)
    — example.org/models HQ...==   one or more signatures: base64 of key id (4 bytes) and signature

Only the form is checked here; whether a signature holds, and whose it is, is for whoever keeps the trusted keys.

Source: C2SP ``tlog-checkpoint`` and ``signed-note``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from assay.core import base64text
from assay.core.errors import StatementError
from assay.core.merkle import HASH_BYTES

#: No note that assay reads is larger, and none has more signatures.
MAX_BYTES: Final = 64 * 1024
MAX_SIGNATURES: Final = 16
#: SQLite's and most logs' largest entry count.
MAX_SIZE: Final = 2**63 - 1
KEY_ID_BYTES: Final = 4

_DASH: Final = "\N{EM DASH} "
_ED25519: Final = b"\x01"
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its ``origin``, how many entries it has, and the ``root`` (32 bytes) over them.

    ``extensions`` are further lines, kept as they were.

    :raises StatementError: a value that the form cannot hold
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise StatementError("a checkpoint's origin and extension lines must be single lines and not empty")
            _check_text(line)
        if not 0 <= self.size <= MAX_SIZE:
            raise StatementError("a checkpoint's size is out of range")
        if len(self.root) != HASH_BYTES:
            raise StatementError(f"a checkpoint's root must be {HASH_BYTES} bytes")

    def render(self) -> str:
        """The text to be signed; the same checkpoint gives the same text."""
        root = base64text.encode(self.root)
        return "\n".join((self.origin, str(self.size), root, *self.extensions, ""))


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """``name`` and ``key_id`` (4 bytes) say which key claims to have signed; ``signature`` is its raw bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(char.isspace() for char in self.name):
            raise StatementError("a note's key name must not be empty or hold spaces or '+'")
        _check_text(self.name)
        if len(self.key_id) != KEY_ID_BYTES or not self.signature:
            raise StatementError("a note's signature must hold a key id of four bytes and a signature")


@dataclass(frozen=True, slots=True)
class SignedNote:
    """``text`` is what was signed, final line break included; ``signatures`` is never empty."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        _check_text(self.text)
        if not self.text.endswith("\n"):
            raise StatementError("a note's text must end with a line break")
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise StatementError(f"a note must have between 1 and {MAX_SIGNATURES} signatures")

    def render(self) -> str:
        """The note with its signatures."""
        lines = [f"{_DASH}{item.name} {base64text.encode(item.key_id + item.signature)}\n" for item in self.signatures]
        return f"{self.text}\n{''.join(lines)}"


def note_key_id(name: str, public_key: bytes) -> bytes:
    """The id of an Ed25519 key in notes: the first four bytes of SHA-256(name, line break, 0x01, the raw 32 bytes)."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:KEY_ID_BYTES]


def parse_note(note: str | bytes) -> SignedNote:
    """Read a signed note; its signatures are *not* checked here. What is read renders to the same bytes again.

    :raises StatementError: too large, not UTF-8, a control character, no signature, or a signature line of another form
    """
    text = _decoded(note)
    body, gap, block = text.rpartition("\n\n")
    if not gap or not block.endswith("\n"):
        raise StatementError("a signed note must be a text, an empty line, and signature lines")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise StatementError(f"a note must have between 1 and {MAX_SIGNATURES} signatures")
    return SignedNote(f"{body}\n", tuple(map(_signature, lines)))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint from a note's text.

    :raises StatementError: fewer than three lines, a size or root that is not written in its one form, an empty line
    """
    lines = _decoded(text).split("\n")
    if len(lines) < 4 or lines[-1]:
        raise StatementError("a checkpoint must have an origin, a size and a root, each ended by a line break")
    origin, size, root, *extensions = lines[:-1]
    if not (size.isascii() and size.isdigit()) or len(size) > len(str(MAX_SIZE)) or str(int(size)) != size:
        raise StatementError("a checkpoint's size must be a decimal number without leading zeros")
    return Checkpoint(origin, int(size), base64text.decode(root, what="a checkpoint's root"), tuple(extensions))


def _signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise StatementError("a note's signature line must be a dash, a key name and base64")
    blob = base64text.decode(encoded, what="a note's signature")
    return NoteSignature(name, blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def _decoded(note: str | bytes) -> str:
    if len(note) > MAX_BYTES:
        raise StatementError(f"a note is larger than {MAX_BYTES} bytes")
    if isinstance(note, str):
        _check_text(note)
        return note
    try:
        text = note.decode()
    except UnicodeDecodeError as error:
        raise StatementError("a note must be UTF-8 text") from error
    _check_text(text)
    return text


def _check_text(text: str) -> None:
    if _CONTROL.search(text):
        raise StatementError("a note must not hold control characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise StatementError("a note must be UTF-8 text") from error
