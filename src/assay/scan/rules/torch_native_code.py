"""The archive carries native code, or source that is compiled to it.

## Why it matters
AOTInductor packages hold shared libraries that are loaded into the process that opens them. Native code can do whatever
the process may, and cannot be judged by reading it.

## Example
`data/aotinductor/model/c7x….so` in a `.pt2` file.

## Remedy
Build the package yourself from the exported program, or run it in a place where it can do no harm.

## References
`torch._inductor.aoti_load_package` in PyTorch's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.torch_zip import Torch
from assay.scan.rule import Hit, Rule


def check(view: Torch) -> Iterator[Hit]:
    """Every such entry."""
    for entry in view.native:
        message = f"{entry.name!r} is native code, or source of it, that runs when the package is loaded"
        yield Hit(message, entry.header_offset, member=entry.name)


RULE = Rule(
    id="torch-native-code",
    reads=Torch.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
