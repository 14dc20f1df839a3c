"""Something other than numbers hides in a tensor.

## Why it matters
Weights are the one part of a model that nobody reads. A program, an archive or a pickle among them is carried through
every check that looks at names and structure, and taken out again by a loader that knows where it lies.

## Example
A tensor of 8-bit numbers whose bytes are a pickle; an ELF program in the middle of an embedding matrix.

## Remedy
Do not use the model. Compare it with the one it is said to be: `assay scan --against BASE` names the tensors that
changed.

## References
MITRE ATLAS AML.T0018.002, Embed Malware. EvilModel (Wang, Liu, Cui: ISCC 2021); MaleficNet (Hitaj et al.: ESORICS
2022). State that is honestly kept as a pickle in a tensor of bytes (Transformer Engine's `_extra_state`) is told at
*low*, and judged by what the pickle does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.rule import Hit, Rule
from assay.scan.weights import Weights

#: What programs keep in tensors of bytes of their own; it is judged by what it does.
KEPT: Final = frozenset({"a pickle", "a zip", "a NumPy array", "a gzip stream"})


def check(view: Weights) -> Iterator[Hit]:
    """Everything whose structure was found to be whole."""
    for found in view.found:
        kept = found.whole and found.payload.what in KEPT
        where = "the bytes of the tensor are" if found.whole else f"byte {found.payload.offset:,} of the tensor begins"
        yield Hit(
            f"{where} {found.payload.what}, not numbers",
            found.offset,
            member=found.tensor,
            severity=Severity.LOW if kept else None,
        )


RULE = Rule(
    id="weights-embedded-payload",
    reads=Weights.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
