"""The numbers are not as many as the pickle says, or something follows them.

## Why it matters
A loader reads what the pickle announces and stops. Bytes behind the last storage are loaded by nobody, and found by
whoever knows where to look.

## Example
A zip behind the last storage of a `.pth` file.

## Remedy
Load it with `weights_only=True` and save it again; compare the digests of what was loaded.

## References
`torch.serialization._legacy_load` in PyTorch's source. What follows is inspected on its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.torch_legacy import TorchLegacy
from assay.scan.rule import Hit, Rule


def check(view: TorchLegacy) -> Iterator[Hit]:
    """Each storage whose length differs, and what follows the last."""
    for storage, count in view.mismatches:
        message = f"the storage {storage.key!r} has {count:,} numbers, and the pickle says {storage.size:,} bytes"
        yield Hit(message, storage.offset)
    if view.trailing:
        yield Hit(f"{view.trailing:,} bytes follow the last storage", view.end)


RULE = Rule(
    id="torch-legacy-hidden-data",
    reads=TorchLegacy.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
