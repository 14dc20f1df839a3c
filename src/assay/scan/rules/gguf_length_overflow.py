"""A length or count claims more than the file can hold.

## Why it matters
Readers in C allocate what the file claims, and add to it what they already have. Near 2**63 the sum overflows, the room
is small, and the file's bytes are written beyond it.

## Example
A string whose length is 9,223,372,036,854,775,808.

## Remedy
Do not load the file. If it was cut off on its way, fetch it again.

## References
CVE-2024-23496 and its neighbours (llama.cpp, heap overflows in the GGUF header: TALOS-2024-1912 to 1916).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.gguf import Gguf
from assay.scan.rule import Hit, Rule

#: Less than this may be a file that was cut off.
PLAUSIBLE: Final = 1 << 31


def check(view: Gguf) -> Iterator[Hit]:
    """The number at which reading had to stop."""
    if view.excess is not None:
        found = view.excess
        message = f"the {found.what} is {found.claimed:,}, more than the file can hold"
        small = found.claimed < PLAUSIBLE
        yield Hit(
            message,
            found.offset,
            severity=Severity.MEDIUM if small else None,
            confidence=Confidence.LOW if small else None,
        )


RULE = Rule(
    id="gguf-length-overflow",
    reads=Gguf.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
