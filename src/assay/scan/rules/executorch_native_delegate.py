"""An ExecuTorch program hands a part to a delegate that loads native code out of the file.

## Why it matters

Delegates that were compiled ahead of time (AOTInductor, for CUDA and Metal) keep a shared library in the program's
data; the runtime writes it to disk and loads it. Opening such a program is running a program.

## Example

A delegate with the id ``CudaBackend``.

## Remedy

Load such programs only from whom you would take a library; export for a portable backend where you can.

## References

- [ExecuTorch backends](https://docs.pytorch.org/executorch/stable/backends-overview.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.executorch import ExecuTorch
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import quoted

#: Backends that load a shared library which the program brings along.
LIBRARIES: Final = frozenset({"AotiBackend", "AOTIBackend", "CudaBackend", "MetalBackend"})


def check(view: ExecuTorch) -> Iterator[Hit]:
    """See the module."""
    for delegate in view.delegates:
        if delegate.id in LIBRARIES:
            message = f"delegate {quoted(delegate.id)} loads a shared library that the program carries"
            yield Hit(message, delegate.offset, delegate.method)


RULE = Rule(
    id="executorch-native-delegate",
    reads="executorch",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__ or "",
)
