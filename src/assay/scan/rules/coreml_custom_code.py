"""A Core ML model needs a class of the app that loads it.

## Why it matters

Custom layers and custom models are code of the app: Core ML looks for a class of the given name and runs it with the
model's parameters. A model alone cannot bring the class along, but it decides which one runs and with what.

## Example

A neural network layer of kind ``custom`` with ``className`` "EvilCustomLayer".

## Remedy

Load the model only in an app whose class of that name you wrote or reviewed. Else ask for a model without custom
layers.

## References

- https://apple.github.io/coremltools/mlmodel/Format/NeuralNetwork.html (CustomLayerParams)
- https://apple.github.io/coremltools/mlmodel/Format/CustomModel.html
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.coreml import CoreMl
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: CoreMl) -> Iterator[Hit]:
    """Yield each custom layer and custom model."""
    for layer in view.custom_layers:
        yield Hit(f"a layer runs the class {shown(layer.name)} of the app", layer.offset, member=layer.place)
    for model in view.custom_models:
        yield Hit(f"the model runs the class {shown(model.name)} of the app", model.offset, member=model.place)
    for name, offset in view.operations.items():
        if name == "custom_layer" or name.startswith("custom_"):
            yield Hit(f"a program runs the operation {shown(name)} of the app", offset)


RULE = Rule(
    id="coreml-custom-code",
    reads=CoreMl.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
