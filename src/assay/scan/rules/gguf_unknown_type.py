"""A tensor has an element type that is not known, or sizes that fill no whole blocks.

## Why it matters
How many bytes such a tensor takes is not known, so neither it nor what lies behind it can be checked. A type whose
number is a little above those that are known may be new, and is only a note; others are none that any program writes.

## Example
A tensor of element type 250, for which llama.cpp would look beyond the end of its table of types.

## Remedy
Ask which program wrote the file, and whether a newer version of assay knows the type.

## References
The element types in the ggml repository, `ggml.h`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.ggml import TYPES
from assay.formats.tensor.gguf import Gguf
from assay.scan.rule import Hit, Rule

#: How far above the known types one is taken for new.
_NEW: Final = 16


def check(view: Gguf) -> Iterator[Hit]:
    """Every such tensor."""
    for entry in view.entries:
        if entry.end is None:
            block = TYPES.get(entry.type)
            strange = block is None and entry.type > max(TYPES) + _NEW
            what = (
                f"the unknown type {entry.type}" if block is None else f"sizes that fill no whole block of {block.name}"
            )
            yield Hit(
                f"the tensor {entry.name!r} has {what}",
                entry.offset,
                member=entry.name,
                severity=None if strange else Severity.LOW,
            )


RULE = Rule(
    id="gguf-unknown-type",
    reads=Gguf.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
