"""An ONNX model takes a tensor's numbers from an address in memory.

## Why it matters

Inside one process ONNX Runtime marks tensors that lie in memory by a special name of their file and puts the
address into the offset. A model from outside that uses the name makes the runtime read whatever lies at an address
of the model's choosing: the secrets of the process, or a crash.

## Example

``location`` = ``*/_ORT_MEM_ADDR_/*`` with ``offset`` = ``94121860214784``.

## Remedy

Do not load the model. No tool writes such a file.

## References

- onnxruntime, ``tensorprotoutils.h`` (``kTensorProtoMemoryAddressTag``)
- CWE-822: Untrusted Pointer Dereference
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.onnx_view import Onnx
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

#: The name of the file that is none.
ADDRESS: Final = "*/_ORT_MEM_ADDR_/*"


def check(view: Onnx) -> Iterator[Hit]:
    """Yield each such tensor."""
    for external in view.externals:
        if "_ORT_MEM_ADDR_" in (external.named("location") or ""):
            at = external.named("offset") or "0"
            yield Hit(
                f"tensor {shown(external.tensor)} takes its numbers from the memory address {shown(at)}",
                external.offset, member=external.tensor,
            )  # fmt: skip


RULE = Rule(
    id="onnx-memory-address",
    reads=Onnx.kind,
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__,
)
