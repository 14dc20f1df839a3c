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


def _npz(head: Head) -> Claim:
    start = head.start
    there = start.startswith((b"PK\x03\x04", b"PK\x05\x06")) and (b".npy" in start or b".npy" in head.end)
    empty = head.suffix == ".npz" and start.startswith(b"PK")
    return Claim.PLAUSIBLE if there or empty else Claim.NO


def _msgpack(head: Head) -> Claim:
    start = head.start[:8]
    if not start:
        return Claim.NO
    if start == b"\x80":  # a map of nothing, as spaCy keeps of tables that it does not use
        return Claim.CERTAIN
    if 0x81 <= start[0] <= 0x8F:
        key = start[1:2]
    elif start[0] == 0xDE:
        key = start[3:4]
    elif start[0] == 0xDF:
        key = start[5:6]
    else:
        return Claim.PLAUSIBLE if head.suffix == ".msgpack" else Claim.NO
    # A map whose first key is text, or bytes as MessagePack-NumPy has them.
    there = key and (0xA1 <= key[0] <= 0xBF or key[0] in (0xC4, 0xD9, 0xDA))
    return Claim.PLAUSIBLE if there or head.suffix == ".msgpack" else Claim.NO


#: What stands in a zip of PyTorch's, near its start or in its directory at the end.
_TORCH_MARKS: Final = (
    b"data.pkl", b"constants.pkl", b"bytecode.pkl", b"/data/", b".data/", b"/code/", b"archive_format",
    b"serialized_exported_program.json", b"MAR-INF/",
)  # fmt: skip
#: The first pickle of PyTorch's older files: a number that nothing else has.
_LEGACY_MAGIC: Final = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


def _torch(head: Head) -> Claim:
    start = head.start
    if not start.startswith(b"PK\x03\x04") and b"PK\x05\x06" not in head.end:
        return Claim.NO
    return Claim.PLAUSIBLE if any(mark in start or mark in head.end for mark in _TORCH_MARKS) else Claim.NO


def _torch_legacy(head: Head) -> Claim:
    start = head.start
    if start[:1] == b"\x80" and start[2:].startswith(_LEGACY_MAGIC):
        return Claim.CERTAIN
    # The second pickle is the number 1001; PyTorch takes any pickle that gives the magic number for the first.
    return Claim.PLAUSIBLE if b"M\xe9\x03." in start or b"I1001\n." in start else Claim.NO


def _torch_tar(head: Head) -> Claim:
    there = head.name.rpartition("/")[2] in ("storages", "tensors") and head.start[:1] == b"\x80"
    return Claim.PLAUSIBLE if there else Claim.NO


def _zfile(head: Head) -> Claim:
    return Claim.PLAUSIBLE if head.start.startswith(b"ZF0x") else Claim.NO


def _never(head: Head) -> Claim:  # noqa: ARG001 - only another file can say so
    return Claim.NO


_TORCH_SUFFIXES: Final = frozenset({
    ".pt", ".pth", ".bin", ".ckpt", ".pt2", ".ptl", ".mar", ".model", ".th", ".pkl", ".tar", ".weights", ".jit", ".ts",
    ".torchscript", ".pte", ".p", ".pickle", ".zip", ".tjm",
})  # fmt: skip

#: In the order in which their readings are reported.
SIGNATURES: Final[tuple[Signature, ...]] = (
    Signature(
        "safetensors", "Safetensors weights", _ROOM + "safetensors", frozenset({".safetensors", ".bin"}), _safetensors
    ),
    Signature("gguf", "GGUF model", _ROOM + "gguf", frozenset({".gguf", ".bin"}), _gguf, starts=frozenset(b"G")),
    Signature(
        "ggml", "GGML model (before GGUF)", _ROOM + "ggml_file", frozenset({".ggml", ".bin"}), _ggml,
        starts=frozenset(b"lfta"),
    ),
    Signature("npy", "NumPy array", _ROOM + "npy", frozenset({".npy"}), _npy, starts=frozenset(b"\x93")),
    Signature("npz", "NumPy arrays (npz)", _ROOM + "npz", frozenset({".npz"}), _npz, starts=frozenset(b"P")),
    Signature("torch", "PyTorch zip", _ROOM + "torch_zip", _TORCH_SUFFIXES, _torch),
    Signature(
        "torch-legacy", "PyTorch checkpoint (before 1.6)", _ROOM + "torch_legacy", _TORCH_SUFFIXES, _torch_legacy
    ),
    Signature(
        "torch-tar", "part of PyTorch's oldest checkpoints", _ROOM + "torch_tar", frozenset(), _torch_tar,
        starts=frozenset(b"\x80"),
    ),
    Signature(
        "joblib-zfile",
        "joblib file (before 0.10)",
        _ROOM + "joblib",
        frozenset({".z", ".gz", ".pkl", ".joblib", ".jl"}),
        _zfile,
        starts=frozenset(b"Z"),
    ),
    Signature(
        "msgpack", "MessagePack (Flax weights)", _ROOM + "msgpack", frozenset({".msgpack", ".mpk", ".flax"}), _msgpack,
        starts=frozenset({*range(0x80, 0x90), 0xDE, 0xDF}), endings=frozenset({".msgpack"}),
    ),
    Signature(
        "raw-tensor", "Raw numbers", _ROOM + "raw", frozenset({".bin", ".raw", ".data", ".weight"}), _never,
        starts=frozenset(),
    ),
)  # fmt: skip
