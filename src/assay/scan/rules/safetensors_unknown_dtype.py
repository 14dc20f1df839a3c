"""A tensor has an element type that the format does not have.

## Why it matters
What the bytes mean is known to one reader only, and nobody else can check them.

## Example
`"w": {"dtype": "F128", "shape": [4], "data_offsets": [0, 64]}`

## Remedy
Ask which program wrote the file, and whether a newer version of assay knows the type.

## References
The element types in the safetensors library's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.safetensors import DTYPES, Safetensors
from assay.scan.rule import Hit, Rule

#: How the format writes its types: a later version may have another of them.
_LIKE_A_TYPE: Final = re.compile(r"(?:BF|F|I|U|C|MX|NV)\d{1,3}(?:_E\d+M\d+\w{0,4})?")


def check(view: Safetensors) -> Iterator[Hit]:
    """Every such tensor."""
    for entry in view.entries:
        if entry.dtype not in DTYPES:
            yield Hit(
                f"the tensor {entry.name!r} has the unknown type {entry.dtype[:40]!r}",
                entry.begin,
                member=entry.name,
                severity=Severity.LOW if _LIKE_A_TYPE.fullmatch(entry.dtype) else None,
            )


RULE = Rule(
    id="safetensors-unknown-dtype",
    reads=Safetensors.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
