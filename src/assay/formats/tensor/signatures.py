"""How the formats of raw numbers are recognised."""

from __future__ import annotations

from typing import Final

from assay.formats.signature import Claim, Head, Signature

_ROOM: Final = "assay.formats.tensor."
_BLANKS: Final = (b"{", b" ", b"\t", b"\n", b"\r")


def _safetensors(head: Head) -> Claim:
    start = head.start
    if start[8:9] not in _BLANKS:
        return Claim.NO
    length = int.from_bytes(start[:8], "little")
    if b'"data_offsets"' in start or b'"__metadata__"' in start:
        return Claim.CERTAIN if start[8:9] == b"{" else Claim.PLAUSIBLE
    if 2 <= length <= head.size - 8 or head.suffix == ".safetensors":
        return Claim.PLAUSIBLE
    return Claim.NO


def _gguf(head: Head) -> Claim:
    return Claim.CERTAIN if head.start.startswith(b"GGUF") and head.size >= 8 else Claim.NO


def _ggml(head: Head) -> Claim:
    return Claim.CERTAIN if head.start[:4] in (b"lmgg", b"fmgg", b"tjgg", b"algg") else Claim.NO


def _npy(head: Head) -> Claim:
    return Claim.CERTAIN if head.start.startswith(b"\x93NUMPY") and head.size >= 10 else Claim.NO


def _msgpack(head: Head) -> Claim:
    start = head.start[:8]
    if not start:
        return Claim.NO
    if 0x81 <= start[0] <= 0x8F:
        key = start[1:2]
    elif start[0] == 0xDE:
        key = start[3:4]
    elif start[0] == 0xDF:
        key = start[5:6]
    else:
        return Claim.PLAUSIBLE if head.suffix == ".msgpack" else Claim.NO
    # A map whose first key is text, or bytes as MessagePack-NumPy has them.
    return Claim.PLAUSIBLE if key and (0xA1 <= key[0] <= 0xBF or key[0] in (0xC4, 0xD9, 0xDA)) else Claim.NO


def _never(head: Head) -> Claim:  # noqa: ARG001 - only another file can say so
    return Claim.NO


#: In the order in which their readings are reported.
SIGNATURES: Final[tuple[Signature, ...]] = (
    Signature(
        "safetensors", "Safetensors weights", _ROOM + "safetensors", frozenset({".safetensors", ".bin"}), _safetensors
    ),
    Signature("gguf", "GGUF model", _ROOM + "gguf", frozenset({".gguf", ".bin"}), _gguf),
    Signature("ggml", "GGML model (before GGUF)", _ROOM + "ggml_file", frozenset({".ggml", ".bin"}), _ggml),
    Signature("npy", "NumPy array", _ROOM + "npy", frozenset({".npy"}), _npy),
    Signature(
        "msgpack", "MessagePack (Flax weights)", _ROOM + "msgpack", frozenset({".msgpack", ".mpk", ".flax"}), _msgpack
    ),
    Signature("raw-tensor", "Raw numbers", _ROOM + "raw", frozenset({".bin", ".raw", ".data", ".weight"}), _never),
)
