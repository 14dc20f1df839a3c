"""A model of an unpublished format names a native library.

## Why it matters

Engines for accelerators may need plugins: native libraries that are loaded before or with them. A file that names the
library, by a path at that, leads its loader to run machine code from there.

## Example

A TensorRT plan that holds ``plugin_library=../../libevil_plugin.so``.

## Remedy

Do not load the file together with the library. Build the engine yourself from the plain model.

## References

- https://docs.nvidia.com/deeplearning/tensorrt/ (plugins, ``setPluginsToSerialize``)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import LIBRARY
from assay.formats.graph.opaque import Opaque
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

#: Libraries of the runtimes themselves, which compilers leave in their output by their bare name.
_RUNTIME: Final = re.compile(
    r"(?:lib)?(?:nvinfer|nvinfer_plugin|nvonnxparser|cud\w*|cublas\w*|nvrtc\w*|nvToolsExt|rknn\w*|c|m|stdc\+\+|gcc_s|"
    r"pthread|dl|rt|Cntk[\w.-]*|OpenCL|GL\w*|vulkan|ld-linux[\w-]*)(?:[-.][\w.-]*)?\.(?:so(?:\.\d+)*|dll|dylib)"
)


def check(view: Opaque) -> Iterator[Hit]:
    """Yield each library that is not the runtime's own."""
    for mention in view.mentions:
        if mention.kind == LIBRARY and not _RUNTIME.fullmatch(mention.word):
            path = "/" in mention.word or "\\" in mention.word
            yield Hit(
                f"the {view.title} names the native library {shown(mention.word)}",
                mention.offset, severity=None if path else Severity.MEDIUM,
            )  # fmt: skip


RULE = Rule(
    id="opaque-native-library",
    reads=Opaque.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
