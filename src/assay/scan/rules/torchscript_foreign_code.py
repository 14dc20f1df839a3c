"""The source of a TorchScript program holds Python that TorchScript never writes.

## Why it matters
TorchScript's compiler writes a small part of Python: operators, loops, its own classes. Imports and calls of Python's
built-in functions do not come from it. They fail there, and run in a tool that takes the source for ordinary Python.

## Example
`code/__torch__.py`: `import os`

## Remedy
Do not load the file, and do not import its sources. Ask what wrote them.

## References
The TorchScript language reference in PyTorch's documentation; CVE-2025-32434.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.torch_zip import Torch
from assay.formats.tensor.torchscript import PYTHON
from assay.scan.rule import Hit, Rule


def check(view: Torch) -> Iterator[Hit]:
    """Every import and call of that kind."""
    for script in view.scripts:
        if script.use.space == PYTHON:
            yield Hit(
                f"names {script.use.name}, which is Python's and not TorchScript's",
                member=script.entry,
                line=script.use.line,
            )


RULE = Rule(
    id="torchscript-foreign-code",
    reads=Torch.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
