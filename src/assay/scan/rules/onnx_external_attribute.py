"""An ONNX model's external data carry keys or values that no tensor has.

## Why it matters

A tensor whose numbers lie outside says where by a handful of keys: location, offset, length, checksum. Loaders have
taken whatever key the file names as an attribute of their own objects, and any number as a length to allocate.

## Example

``external_data`` with the key ``__class__``, or with ``length`` = ``99999999999999``.

## Remedy

Do not load the model with an ``onnx`` package older than its fix; get it again from its author.

## References

- CVE-2026-34445 (onnx: external data keys become attributes)
- https://onnx.ai/onnx/repo-docs/ExternalData.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.onnx_view import External, Onnx
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

KEYS: Final = frozenset({"location", "offset", "length", "checksum", "basepath"})
#: What onnxruntime adds when it saves weights in the layout of one machine.
_PREPACKED: Final = "prepacked_"
#: No file is longer.
_LARGEST: Final = 1 << 50


def check(view: Onnx) -> Iterator[Hit]:
    """Yield unknown keys, those that reach into Python objects, and numbers that are none."""
    for external in view.externals:
        for key, value in external.entries:
            if found := _fault(key, value):
                what, severity = found
                yield _hit(external, what, severity)


def _fault(key: str, value: str) -> tuple[str, Severity] | None:
    if key.startswith("__"):
        return f"sets the attribute {shown(key)} of the loader's object", Severity.HIGH
    if key not in KEYS and not key.startswith(_PREPACKED):
        return f"carries the unknown key {shown(key)}", Severity.LOW
    if key in {"offset", "length"}:
        plain = value.strip()
        number = int(plain) if len(plain) <= 24 and plain.removeprefix("-").isdecimal() and plain.isascii() else None
        if number is None:
            return f"has the {key} {shown(value)}, which is no number", Severity.LOW
        if not 0 <= number < _LARGEST and "_ORT_MEM_ADDR_" not in value:
            return f"has the {key} {shown(value)}, which no file has", Severity.MEDIUM
    return None


def _hit(external: External, what: str, severity: Severity) -> Hit:
    return Hit(f"tensor {shown(external.tensor)} {what}", external.offset, external.tensor, severity=severity)


RULE = Rule(
    id="onnx-external-attribute",
    reads=Onnx.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
