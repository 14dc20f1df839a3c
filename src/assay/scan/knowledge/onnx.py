"""Whose operators an ONNX model may use without bringing anything along, and what others would need."""

from __future__ import annotations

from typing import Final

from assay.scan.knowledge import words

#: Another spelling of the standard's own domain.
_ALIASES: Final = {"": "ai.onnx"}
_EXTENSIONS: Final = "onnxruntime-extensions"

#: Domains whose operators come from libraries that people install on purpose; the first part of the name is enough.
KNOWN: Final[dict[str, str]] = {
    "ai.onnx.contrib": "the library onnxruntime-extensions",
    "com.microsoft.extensions": "the library onnxruntime-extensions",
    "com.microsoft.dml": "the DirectML build of onnxruntime",
    "com.microsoft.mlfeaturizers": "a build of onnxruntime with featurizers",
    "com.microsoft.experimental": "an experimental build of onnxruntime",
    "org.pytorch.aten": "a build of onnxruntime with PyTorch's operators",
    "org.pytorch.prim": "a build of onnxruntime with PyTorch's operators",
    "org.pytorch._c_dist": "a build of onnxruntime with PyTorch's operators",
    "org.openvinotoolkit": "OpenVINO",
    "trt.plugins": "TensorRT with its plugins",
    "com.nvidia": "libraries of NVIDIA",
    "com.amd.quark": "AMD Quark",
    "com.xilinx": "the Vitis AI build of onnxruntime",
    "com.vitis": "the Vitis AI build of onnxruntime",
    "com.qti": "the Qualcomm build of onnxruntime",
    "qti_aisw": "the Qualcomm build of onnxruntime",
    "ai.graphcore": "PopART",
    "mmdeploy": "the library mmdeploy",
    "mmcv": "the library mmcv",
    "finn": "the library FINN",
    "qonnx": "the library QONNX",
    "onnx.brevitas": "the library Brevitas",
    "brevitas": "the library Brevitas",
    "onnxscript": "the library onnxscript",
    "pkg.onnxscript": "the library onnxscript",
    "pkg.torch": "the library onnxscript",
    "com.ms.internal": "onnxruntime, which makes these itself",
}

#: Operators that call Python, whatever domain they stand in.
PYTHON: Final = frozenset({"PyOp", "PythonOp", "PythonOpGrad", "PyCustomOp", "PyFunc", "PyCall", "PyOpBase"})

#: Operators that hold or name a program compiled for an accelerator.
COMPILED: Final = frozenset({"EPContext", "Snpe", "TrtEngine", "TRTEngine", "OpenVINOEP", "NNAPI", "VitisAI"})


def standard(domain: str) -> frozenset[str] | None:
    """The operators of a domain that the standard or onnxruntime itself has; ``None`` for another domain."""
    return None if domain == _EXTENSIONS else words.sections("onnx").get(_ALIASES.get(domain, domain))


def extension(name: str) -> bool:
    """Whether onnxruntime-extensions has this operator."""
    return name in words.sections("onnx")[_EXTENSIONS]


def needs(domain: str) -> str | None:
    """What has to be installed for a domain that is known; ``None`` for one that nobody knows."""
    found = [name for name in KNOWN if domain == name or domain.startswith(name + ".")]
    return KNOWN[max(found, key=len)] if found else None
