"""A tensor's sizes multiply to more than 64 bits hold, or it has more axes than readers keep.

## Why it matters
Readers in C multiply the sizes and allocate the product. When it overflows, the room is small and the numbers written
into it are many: memory beyond it is overwritten. A fifth axis is written behind an array of four.

## Example
Sizes of 2**33 and 2**33, whose product is 2**66 and comes out as 0 or 4.

## Remedy
Do not load the file.

## References
CVE-2025-53630 (llama.cpp, integer overflow in the tensor table), and TALOS-2024-1914 and its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.elements import MAX_COUNT, count_of
from assay.formats.tensor.gguf import Gguf
from assay.scan.rule import Hit, Rule

#: GGML's tensors have no more.
AXES: Final = 4


def check(view: Gguf) -> Iterator[Hit]:
    """Every such tensor."""
    for entry in view.entries:
        sizes = " by ".join(f"{size:,}" for size in entry.shape[:8])
        if 8 * count_of(tuple(size for size in entry.shape if size)) > MAX_COUNT:
            message = f"the tensor {entry.name!r} has the sizes {sizes}, whose product overflows 64 bits"
            yield Hit(message, entry.offset, member=entry.name)
        elif len(entry.shape) > AXES:
            message = f"the tensor {entry.name!r} has {len(entry.shape)} axes, more than the {AXES} that readers keep"
            severity = Severity.MEDIUM if len(entry.shape) <= 2 * AXES else None
            yield Hit(message, entry.offset, member=entry.name, severity=severity)


RULE = Rule(
    id="gguf-dimension-overflow",
    reads=Gguf.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
