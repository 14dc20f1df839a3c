"""How these formats are recognised."""

from __future__ import annotations

from typing import Final

from assay.formats.signature import Claim, Head, Signature

#: Opcodes that a pickle of protocol 2 or later may go on with after PROTO: anything but the ends of something.
_OPCODES: Final = frozenset(b"(.012FIJKLMNPQRSTUVXabcd}eghi jl]opqrst)uGB C".replace(b" ", b"")) | frozenset(
    range(0x80, 0x99)
)
#: Opcodes that a pickle without PROTO can start with: those that take nothing from the stack.
_FIRST: Final = frozenset(b"(FIJKLMNPSTUVX}cg]lG)BC") | frozenset(
    (0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x95, 0x96, 0x97)
)
_EXTENSIONS: Final = frozenset((0x82, 0x83, 0x84))
_SUFFIXES: Final = frozenset(
    ".pkl .pickle .pk .p .pck .pcl .pkl2 .pkl3 .pickle4 .dill .dat .data .sav .joblib .jbl .jl .job .model .mdl .bin .ckpt .pt .pth .npy "
    ".cpkl .cloudpickle .db .cache .obj .df .pd .h5 .est .clf .tokenizer .vocab .params .weights .state .tar .pyc".split()
) - {".npy", ".h5", ".tar", ".pyc", ".jl"}
#: Endings that no other kind of file has: a reader must look, whatever the bytes are.
_OWN: Final = frozenset(
    ".pkl .pickle .pk .p .pck .pcl .dill .sav .joblib .jbl .cpkl .cloudpickle .pkl2 .pkl3 .pickle4".split()
)


def _claims(head: Head) -> Claim:
    start = head.start
    if not start:
        return Claim.NO
    first = start[0]
    if first == 0x80 and len(start) > 2 and start[1] <= 5 and start[2] in _OPCODES:
        return Claim.CERTAIN
    if first == 0x80 or first in _EXTENSIONS or head.suffix in _OWN:
        return Claim.PLAUSIBLE
    if first in _FIRST and _goes_on(start):
        return Claim.PLAUSIBLE
    return Claim.NO


def _goes_on(start: bytes) -> bool:
    """Whether bytes without PROTO may be a pickle: what their first opcode names in lines is there, and another follows."""
    first = start[0]
    if first in b"c":
        lines = start[1:1024].split(b"\n", 2)
        return len(lines) == 3 and all(_is_name(line) for line in lines[:2]) and _follows(lines[2])
    if first in b"FILSVPg":
        line, found, rest = start[1:].partition(b"\n")
        if not found:
            return len(start) > 1024 and first in b"SVL"
        if first in b"FIL" and not line[:1].strip(b"+-0123456789.ni") == b"":
            return False
        if first in b"S" and line[:1] not in (b"'", b'"'):
            return False
        return first in b"P" or _follows(rest)
    if first in b"N(])}":
        return _follows(start[1:])
    return True


def _is_name(line: bytes) -> bool:
    try:
        parts = line.decode().split(".")
    except UnicodeDecodeError:
        return False
    return all(part.isidentifier() for part in parts)


def _follows(rest: bytes) -> bool:
    return not rest or rest[0] in _OPCODES


SIGNATURES: Final[tuple[Signature, ...]] = (
    Signature(
        name="pickle",
        title="Python pickle",
        module="assay.formats.pickle.pickle",
        suffixes=_SUFFIXES,
        claims=_claims,
    ),
)
