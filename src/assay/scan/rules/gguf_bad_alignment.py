"""The alignment is no power of two, or a tensor does not keep to it.

## Why it matters
Where the numbers begin is computed from the alignment: zero makes a reader divide by zero, and an odd one makes readers
disagree about which bytes belong to which tensor.

## Example
`general.alignment = 0`

## Remedy
Do not load the file. A good one is written by the gguf package or by llama.cpp's own tools.

## References
The GGUF specification in the ggml repository, `docs/gguf.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.gguf import Gguf
from assay.scan.rule import Hit, Rule


def check(view: Gguf) -> Iterator[Hit]:
    """The alignment itself, then the first tensor that breaks it."""
    step = view.alignment
    if step < 1 or step & (step - 1):
        yield Hit(f"general.alignment is {step}, which is no power of two")
    elif view.data_start is not None:
        start = view.data_start
        for entry in view.entries:
            if (entry.begin - start) % step:
                message = f"the tensor {entry.name!r} does not begin at a multiple of {step} bytes"
                yield Hit(message, entry.begin, member=entry.name, severity=Severity.LOW)
                return


RULE = Rule(
    id="gguf-bad-alignment",
    reads=Gguf.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.DENIAL_OF_SERVICE,
    check=check,
    doc=__doc__,
)
