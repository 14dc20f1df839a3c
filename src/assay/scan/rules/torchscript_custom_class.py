"""TorchScript code needs native classes or operators that PyTorch does not bring.

## Why it matters
Such a program runs only where a native library was loaded that registers them, and does what that library does with the
data in the file. Nothing in the file says what that is.

## Example
`__torch__.torch.classes.tensorrt.Engine`; `ops.acme.fused_attention(x)`

## Remedy
Load it only with a library that you know, and see what the library does with the state it is given.

## References
TorchScript's custom classes and operators in PyTorch's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.torch_zip import Torch
from assay.formats.tensor.torchscript import PYTHON
from assay.scan.rule import Hit, Rule

CLASSES: Final = frozenset({"quantized", "rnn", "sparse", "xnnpack", "mkldnn"})
OPERATORS: Final = frozenset({
    "aten", "prim", "prims", "quantized", "torchvision", "image", "torchaudio", "sparse", "mkldnn", "mkldnn_prepacked",
    "prepacked", "xnnpack", "_quantized", "quantized_decomposed", "inductor", "rpc", "c10d", "profiler",
    "_caffe2", "caffe2", "torch_scatter", "torch_sparse", "torch_cluster", "torch_spline_conv", "torchtext",
})  # fmt: skip


def check(view: Torch) -> Iterator[Hit]:
    """Every namespace that is not PyTorch's own, once."""
    seen: set[tuple[str, bool]] = set()
    for script in view.scripts:
        use = script.use
        if use.space == PYTHON:
            continue
        if use.space not in (CLASSES if use.is_class else OPERATORS) and (use.space, use.is_class) not in seen:
            seen.add((use.space, use.is_class))
            what = "the native class" if use.is_class else "the operator"
            yield Hit(f"needs {what} {use.space}.{use.name}", member=script.entry, line=use.line)


RULE = Rule(
    id="torchscript-custom-class",
    reads=Torch.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
