"""The archive has an entry that PyTorch neither writes nor reads.

## Why it matters
`torch.load` reads what `data.pkl` refers to and leaves the rest alone. A second pickle or a program in there passes
whoever looks only at `data.pkl`, and waits for a loader that opens it by name.

## Example
A harmless `archive/data.pkl` and, beside it, `archive/extra/opt.pkl` with a payload.

## Remedy
Ask what the entry is for. Loading the checkpoint with `weights_only=True` and saving it again drops it. The entry is
inspected on its own.

## References
`torch.serialization` in PyTorch's source; CVE-2025-1889 (a payload under another name inside a checkpoint).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor import torch_names
from assay.formats.tensor.torch_zip import Torch
from assay.scan.rule import Hit, Rule

#: What people call pickles.
PICKLES: Final = (".pkl", ".pickle", ".p", ".pk", ".joblib", ".dill")


def check(view: Torch) -> Iterator[Hit]:
    """Every such entry; one that is named or begins as a pickle is worse than a note."""
    for entry in view.unreferenced:
        if torch_names.is_numbers(entry.name.removeprefix(view.prefix)):
            message = f"no pickle refers to the numbers in {entry.name!r}"
            yield Hit(message, entry.header_offset, member=entry.name, severity=Severity.INFO)
        else:
            pickled = entry.name.lower().endswith(PICKLES)
            message = f"{entry.name!r} is {'a pickle' if pickled else 'an entry'} that PyTorch neither writes nor reads"
            severity = Severity.MEDIUM if pickled else None
            yield Hit(message, entry.header_offset, member=entry.name, severity=severity)


RULE = Rule(
    id="torch-unreferenced-entry",
    reads=Torch.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
