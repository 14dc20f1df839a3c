"""TorchScript code reads or writes files.

## Why it matters
TorchScript is a program: some of its operators open files by name. A program that calls `torch.save` or
`torch.from_file` writes or reads wherever the process may, when it is run, or already when it is loaded if the call
stands in `__setstate__`. `torch.load(weights_only=True)` used to hand such files to TorchScript.

## Example
`code/__torch__.py`: `torch.save(x, "/home/user/.bashrc")`

## Remedy
Do not load the file. A model needs no file beside its own.

## References
CVE-2025-32434 (GHSA-53q9-r3pm-6pq6); J. Zhou, "Safe Harbor or Hostile Waters: Unveiling the Hidden Perils of the
TorchScript Engine in PyTorch", Black Hat USA 2025.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.torch_zip import Torch
from assay.formats.tensor.torchscript import PYTHON
from assay.scan.rule import Hit, Rule

#: Operators that open files, in any namespace.
FILES: Final = re.compile(
    r"(?:^|\.)(?:save|load|from_file|_from_file|\w*(?:read|write|open|load|save)_\w*(?:file|path|audio|image|video)\w*|"
    r"\w+_(?:to|from)_file|read_file|write_file|sox_io\w*|load_library|_load_\w+)(?:$|\.)",
    re.ASCII,
)
#: Namespaces of operators that talk to other processes.
NETWORK: Final = frozenset({"rpc", "c10d", "dist_rpc", "dist_c10d"})


def check(view: Torch) -> Iterator[Hit]:
    """Every operator that opens files."""
    for script in view.scripts:
        use = script.use
        if not use.is_class and use.space != PYTHON and (FILES.search(use.name) or use.space in NETWORK):
            name = f"torch.{use.name}" if use.space == "aten" else f"ops.{use.space}.{use.name}"
            what = "reaches the network" if use.space in NETWORK else "reads or writes a file"
            yield Hit(f"calls {name}, which {what}", member=script.entry, line=use.line)


RULE = Rule(
    id="torchscript-file-access",
    reads=Torch.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
