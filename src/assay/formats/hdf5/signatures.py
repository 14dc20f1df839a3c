"""How these formats are recognised."""

from __future__ import annotations

import json
from typing import Final

from assay.core.errors import FormatError
from assay.formats.signature import TEXT_STARTS, Claim, Head, Signature

_MAGIC: Final = b"\x89HDF\r\n\x1a\n"
#: Superblocks may stand at these places and at twice the last of them, again and again.
_FIRST: Final = 512


def hdf5(head: Head) -> Claim:
    """The superblock's magic number, at the start or behind a block of the user's."""
    if head.start.startswith(_MAGIC):
        return Claim.CERTAIN
    place = _FIRST
    try:
        while place + len(_MAGIC) <= head.size:
            near = place + len(_MAGIC) <= len(head.start)
            found = head.start[place : place + len(_MAGIC)] if near else head.source.read(place, len(_MAGIC))
            if found == _MAGIC:
                return Claim.PLAUSIBLE
            place *= 2
    except FormatError:
        pass
    return Claim.NO


def keras_config(head: Head) -> Claim:
    """A JSON object in any of the encodings that Python's reader takes; the reader looks for classes in it."""
    start = head.start
    try:
        text = start.decode(json.detect_encoding(start), "replace")
    except (UnicodeDecodeError, LookupError):
        return Claim.NO
    begins = text.lstrip("\ufeff \t\r\n")
    return Claim.PLAUSIBLE if begins.startswith("{") or (not begins and start) else Claim.NO


_ROOM: Final = "assay.formats.hdf5."
SIGNATURES: Final[tuple[Signature, ...]] = (
    Signature(
        "hdf5", "HDF5", _ROOM + "hdf5",
        frozenset({".h5", ".hdf5", ".hdf", ".he5", ".keras", ".h5py", ".hd5", ".mat", ".nc", ".nc4", ".h5ad", ".loom"}),
        hdf5,
    ),
    Signature("keras-config", "Keras configuration", _ROOM + "keras", frozenset({".json", ".config"}), keras_config,
              starts=TEXT_STARTS),
)  # fmt: skip
