"""An ExecuTorch program points outside the file.

## Why it matters

The runtime is native code that maps segments by the offsets which the program gives. One that leads beyond the file
reads or writes memory that is not the program's.

## Example

A segment of 2^40 bytes in a file of 10 kB.

## Remedy

Do not load the file; export the model again.

## References

- [ExecuTorch: program file format](https://docs.pytorch.org/executorch/stable/pte-file-format.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.executorch import ExecuTorch
from assay.scan.rule import Hit, Rule


def check(view: ExecuTorch) -> Iterator[Hit]:
    """See the module."""
    for what, offset in view.misplaced:
        yield Hit(what, offset)


RULE = Rule(
    id="executorch-out-of-range",
    reads="executorch",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__ or "",
)
