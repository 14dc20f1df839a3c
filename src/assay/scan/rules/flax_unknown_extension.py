"""The file has an extension type that Flax does not have.

## Why it matters
What such bytes become is decided by code that is not in the file: a hook of the program that unpacks it. Some hooks
unpickle.

## Example
Extension type 42 with 2 KiB of data.

## Remedy
Ask which program wrote the file and what it does with this type.

## References
Flax's serialization (types 1 to 3), and the MessagePack specification (type -1 is a time).
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.msgpack import KNOWN, Msgpack
from assay.scan.rule import Hit, Rule


def check(view: Msgpack) -> Iterator[Hit]:
    """Every such type once."""
    for kind, times in sorted(view.extensions.items()):
        if kind not in KNOWN:
            yield Hit(f"the extension type {kind} stands there {times:,} times; what becomes of it is not in the file")


RULE = Rule(
    id="flax-unknown-extension",
    reads=Msgpack.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
