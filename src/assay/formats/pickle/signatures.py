"""How these formats are recognised."""

from __future__ import annotations

from typing import Final

from assay.formats.signature import Claim, Head, Signature

#: Every opcode.
_OPCODES: Final = frozenset(b"().012FIJKLMNPQRSTUVXabcd}eghijl]opqrstuGBC") | frozenset(range(0x80, 0x99))
#: Opcodes without PROTO before them that a pickle may start with, since they take nothing from the stack, and the bytes
#: of their argument.
_FIXED: Final = {
    **dict.fromkeys(b"(N])}\x88\x89\x8f", 0), **dict.fromkeys(b"K", 1), **dict.fromkeys(b"M", 2),
    **dict.fromkeys(b"J", 4), **dict.fromkeys(b"G\x95", 8),
}  # fmt: skip
#: Those whose argument is counted, and the bytes of the count.
_COUNTED: Final = {
    **dict.fromkeys(b"UC\x8c\x8a", 1), **dict.fromkeys(b"TXB\x8b", 4), **dict.fromkeys(b"\x8d\x8e\x96", 8),
}  # fmt: skip
_LINES: Final = b"FILSVP"
_EXTENSIONS: Final = b"\x82\x83\x84"
#: Endings that nothing else has: a reader must look, whatever the bytes are.
OWN_SUFFIXES: Final = frozenset(
    (".pkl", ".pickle", ".pk", ".pck", ".pcl", ".dill", ".sav", ".joblib", ".jbl", ".cpkl", ".cloudpickle", ".pkl2",
     ".pkl3", ".pkl4", ".pkl5", ".pickle2", ".pickle4")
)  # fmt: skip
_SUFFIXES: Final = OWN_SUFFIXES | {
    ".p", ".dat", ".data", ".job", ".model", ".mdl", ".bin", ".ckpt", ".pt", ".pth", ".pt2", ".db", ".cache", ".obj",
    ".df", ".pd", ".est", ".clf", ".tokenizer", ".vocab", ".params", ".weights", ".state",
    ".dump", ".th", ".dict",
}  # fmt: skip


def names_itself(head: Head) -> bool:
    """Whether the bytes say that they are a pickle: PROTO, and from protocol 4 on a FRAME of a length that exists."""
    start = head.start
    if len(start) < 4 or start[0] != 0x80 or start[1] > 5 or start[2] not in _OPCODES:
        return False
    if start[1] < 4:
        return True
    return start[2] == 0x95 and int.from_bytes(start[3:11], "little") < 1 << 40


def _claims(head: Head) -> Claim:
    start = head.start
    if not start:
        return Claim.NO
    if names_itself(head):
        return Claim.CERTAIN
    first = start[0]
    if (first == 0x80 and start[1:2] <= b"\x05") or first in _EXTENSIONS or head.suffix in OWN_SUFFIXES:
        return Claim.PLAUSIBLE
    return Claim.PLAUSIBLE if _starts(start) else Claim.NO


def _starts(start: bytes) -> bool:  # noqa: PLR0911 - one for each kind of argument
    """Whether bytes without PROTO may be a pickle: their first opcode has its argument, and another opcode follows."""
    first = start[0]
    if first in _FIXED:
        return _follows(start[1 + _FIXED[first] :])
    if first in _COUNTED:
        width = _COUNTED[first]
        length = int.from_bytes(start[1 : 1 + width], "little")
        return 1 + width + length > len(start) or _follows(start[1 + width + length :])
    if first in b"c":
        lines = start[1:].split(b"\n", 2)
        return len(lines) == 3 and _is_name(lines[0]) and _is_name(lines[1]) and _follows(lines[2])
    if first in _LINES:
        line, found, rest = start[1:].partition(b"\n")
        if first in b"FIL" and line.strip(b" \t+-")[:1] not in _NUMBERS:
            return False
        if first in b"S" and line[:1] not in (b"'", b'"'):
            return False
        if first in b"P" and not (len(line) <= 1024 and line.isascii() and line.decode().isprintable()):
            return False
        return _follows(rest) if found else first in b"SVL" and len(line) > 1024
    return False


_NUMBERS: Final = frozenset(bytes([code]) for code in b"0123456789.niNI")


def _is_name(line: bytes) -> bool:
    try:
        return all(part.isidentifier() for part in line.decode().split("."))
    except UnicodeDecodeError:
        return False


def _follows(rest: bytes) -> bool:
    return bool(rest) and rest[0] in _OPCODES


SIGNATURES: Final[tuple[Signature, ...]] = (
    Signature(
        name="pickle",
        title="Python pickle",
        module="assay.formats.pickle.pickle",
        suffixes=_SUFFIXES,
        claims=_claims,
    ),
)
