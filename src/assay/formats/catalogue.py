"""Every format assay knows, and which of them some bytes might be."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from assay.formats.archive.signatures import SIGNATURES as ARCHIVES
from assay.formats.graph.signatures import SIGNATURES as GRAPHS
from assay.formats.hdf5.signatures import SIGNATURES as HDF5
from assay.formats.pickle.signatures import SIGNATURES as PICKLES
from assay.formats.plain.signatures import SIGNATURES as PLAIN
from assay.formats.program.signatures import SIGNATURES as PROGRAMS
from assay.formats.repository.signatures import SIGNATURES as REPOSITORY
from assay.formats.signature import Claim, Head, Signature
from assay.formats.tensor.signatures import SIGNATURES as TENSORS
from assay.formats.tree.signatures import SIGNATURES as TREES

#: In the order in which their readings are reported.
SIGNATURES: Final[tuple[Signature, ...]] = (
    *PICKLES, *TENSORS, *HDF5, *GRAPHS, *TREES, *ARCHIVES, *PROGRAMS, *REPOSITORY, *PLAIN,
)  # fmt: skip

BY_NAME: Final = {signature.name: signature for signature in SIGNATURES}


def recognise(head: Head) -> list[tuple[Signature, Claim]]:
    """Every format the bytes might be, with how sure it is; all of them are read."""
    asked = _asked(head.start[0], head.suffix) if head.start else SIGNATURES
    return [(signature, claim) for signature in asked if (claim := signature.claims(head))]


@lru_cache(1 << 12)
def _asked(start: int, suffix: str) -> tuple[Signature, ...]:
    """Those that may say anything but no, by the first byte and the name's ending."""
    return tuple(
        signature
        for signature in SIGNATURES
        if (first := signature.first_bytes) is None or start in first or suffix in signature.endings
    )
