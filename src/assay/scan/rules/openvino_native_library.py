"""An OpenVINO model names a library to load.

## Why it matters

OpenVINO loads operations it does not know from native libraries. A model that names the library brings its own
machine code: whoever loads the extension runs it.

## Example

``<layer type="Evil" version="extension" library="../../evil.so"/>``

## Remedy

Do not add the library as an extension. Ask for a model made of OpenVINO's own operations, or for the extension's
source and build it yourself.

## References

- https://docs.openvino.ai/ (extensibility, ``Core.add_extension``)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.openvino import NAMING_FILES, OpenVino
from assay.scan.knowledge.paths import escape
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

_LIBRARY: Final = re.compile(r"(?i)\.(?:so(?:\.\d+)*|dll|dylib)$")


def check(view: OpenVino) -> Iterator[Hit]:
    """Yield attributes of layers, and elements beside them, that name a library or a file elsewhere."""
    for layer in view.layers:
        for key, value in layer.attributes:
            library = _LIBRARY.search(value.strip())
            naming = key.lower() in NAMING_FILES and escape(value)
            if library or naming:
                yield Hit(
                    f"layer {shown(layer.name)} of type {shown(layer.type)} loads {shown(value)}",
                    member=layer.name, line=layer.line,
                )  # fmt: skip
    for tag, value, line in view.extensions:
        if _LIBRARY.search(value.strip()) or escape(value):
            yield Hit(f"element <{tag}> loads {shown(value)}", line=line)


RULE = Rule(
    id="openvino-native-library",
    reads=OpenVino.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
