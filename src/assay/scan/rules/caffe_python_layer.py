"""A Caffe network has a layer that is a Python class.

## Why it matters

A layer of type ``Python`` imports the module it names and runs the class in it, in the process that loads the
network. The module is looked for on Python's path, often beside the network.

## Example

``layer { type: "Python" python_param { module: "evil" layer: "Evil" } }``

## Remedy

Load the network only with a module of that name that you reviewed. Else ask for one without Python layers.

## References

- https://caffe.berkeleyvision.org/tutorial/layers/python.html
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.layers import Layers
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: Layers) -> Iterator[Hit]:
    """Yield each Python layer."""
    for layer in view.layers:
        texts = dict(layer.texts)
        module = texts.get("python_param.module", "")
        if layer.type.lower() == "python" or module:
            named = f"{module}.{texts.get('python_param.layer', '')}".strip(".")
            yield Hit(f"layer {shown(layer.name)} runs the Python class {shown(named)}", layer.offset, layer.name)


RULE = Rule(
    id="caffe-python-layer",
    reads=Layers.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
