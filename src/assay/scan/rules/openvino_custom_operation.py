"""An OpenVINO model needs an operation that OpenVINO does not have.

## Why it matters

Operations outside OpenVINO's own sets come from an extension: a native library that is loaded first and can do
anything. The model cannot be used without it, so people will look for one.

## Example

``<layer type="Evil" version="extension"/>``

## Remedy

Find out which extension has the operation and whether you trust who made it. Operations of ``openvino_tokenizers``
are known and not reported.

## References

- https://docs.openvino.ai/ (operation sets, extensibility)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.openvino import OpenVino
from assay.scan.knowledge import words
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

#: Sets that OpenVINO and its plugins bring along; ``util`` holds what another framework's operations became.
_OWN: Final = re.compile(
    r"(?:opset\d{1,2}|experimental|util|ie_internal_opset|type_relaxed_opset|gpu_opset|cpu_plugin_opset|"
    r"SnippetsOpset|ov_.*|)\Z"
)


def check(view: OpenVino) -> Iterator[Hit]:
    """Yield each kind of operation from no known set, once."""
    seen = set()
    for layer in view.layers:
        foreign = not _OWN.match(layer.version) and layer.type not in words.names("openvino")
        if (foreign or layer.type in {"Custom", "CustomLayer"}) and layer.type not in seen:
            seen.add(layer.type)
            yield Hit(
                f"needs the operation {shown(layer.type)} of the set {shown(layer.version)}, from a native library",
                member=layer.name, line=layer.line,
            )  # fmt: skip


RULE = Rule(
    id="openvino-custom-operation",
    reads=OpenVino.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
