"""An OpenVINO constant points to weights that cannot be there.

## Why it matters

A constant is an offset and a size in the ``.bin`` file. Values that are negative, or that overflow when added, lead a
loader without checks to read beside its memory.

## Example

``<data offset="18446744073709551608" size="64"/>``

## Remedy

Do not load the model; get it again from its author.

## References

- CWE-125: Out-of-bounds Read
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.openvino import OpenVino
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: OpenVino) -> Iterator[Hit]:
    """Yield constants whose range is no range."""
    for constant in view.constants:
        if constant.offset < 0 or constant.size < 0 or constant.offset + constant.size >= 1 << 62:
            yield Hit(
                f"constant {shown(constant.layer)} takes its weights from an impossible range",
                member=constant.layer, line=constant.line,
            )  # fmt: skip


RULE = Rule(
    id="openvino-bad-range",
    reads=OpenVino.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
