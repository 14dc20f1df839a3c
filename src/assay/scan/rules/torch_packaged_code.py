"""The archive carries Python modules that run when the model is loaded or served.

## Why it matters
`torch.package` imports the modules that it packed when one of its pickles is loaded, and TorchServe imports the handler
that its manifest names. What they do is code's business, not the weights'.

## Example
`handler.py` in a `.mar` file; `my_model/layers.py` in a `torch.package`.

## Remedy
Read the modules before loading the model. They are inspected on their own, by what they do.

## References
`torch.package` in PyTorch's documentation: it warns of loading packages from others. TorchServe's custom handlers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.torch_zip import Torch
from assay.scan.rule import Hit, Rule

#: A package of more is told by its first ones.
MODULES: Final = 20


def check(view: Torch) -> Iterator[Hit]:
    """The first few modules."""
    for entry in view.sources[:MODULES]:
        yield Hit(f"{entry.name!r} runs when {view.variant.value} is loaded", entry.header_offset, member=entry.name)


RULE = Rule(
    id="torch-packaged-code",
    reads=Torch.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
