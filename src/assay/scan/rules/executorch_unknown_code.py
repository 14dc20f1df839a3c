"""An ExecuTorch program needs operators or a delegate that ExecuTorch does not have.

## Why it matters

An operator of another namespace, or a delegate of another vendor, is native code that must be linked or loaded beside
the runtime. Nothing in the file says what it does.

## Example

An operator ``acme::unlock``.

## Remedy

Find out which library provides it and review it, or export the model without it.

## References

- [ExecuTorch: custom operators](https://docs.pytorch.org/executorch/stable/kernel-library-custom-aten-kernel.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.executorch import ExecuTorch
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import quoted

#: Namespaces of the operators that ExecuTorch and its own libraries bring along; the empty one is its built-in calls.
NAMESPACES: Final = frozenset(
    {
        "", "aten", "prim", "prims", "executorch_prim", "quantized_decomposed", "dim_order_ops", "et_vk", "cortex_m",
        "cadence", "llama", "torchao", "quantized", "quantized_lib", "sym_size", "_operator", "edge", "mlx", "lowering",
    }
)  # fmt: skip
DELEGATES: Final = frozenset(
    {
        "XnnpackBackend", "CoreMLBackend", "MPSBackend", "VulkanBackend", "QnnBackend", "ArmBackend",
        "EthosUBackend", "VgfBackend", "NeuropilotBackend", "EnnBackend", "OpenvinoBackend", "NXPBackend",
        "NeutronBackend", "TOSABackend", "SamsungBackend", "CadenceBackend", "MLXBackend", "AotiBackend",
        "AOTIBackend", "CudaBackend", "MetalBackend", "BackendWithCompilerDemo", "MediaTekBackend", "TosaBackend",
        "WebGPUBackend",
    }
)  # fmt: skip


def check(view: ExecuTorch) -> Iterator[Hit]:
    """See the module."""
    for operator in view.operators:
        if operator.namespace not in NAMESPACES:
            yield Hit(f"operator {quoted(operator.name)} is not one of ExecuTorch's", operator.offset, operator.method)
    for delegate in view.delegates:
        if delegate.id not in DELEGATES:
            yield Hit(f"delegate {quoted(delegate.id)} is not one of ExecuTorch's", delegate.offset, delegate.method)


RULE = Rule(
    id="executorch-unknown-code",
    reads="executorch",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__ or "",
)
