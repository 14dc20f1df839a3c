"""A Keras layer stands for an operation of TensorFlow that does not only compute.

## Why it matters

Functional models of Keras 2 keep calls of TensorFlow's functions as layers that hold the function's public name, or a
whole node. The loader calls whatever is named there: ``tf.io.write_file`` as well as ``tf.math.add``.

## Example

``{"class_name": "TFOpLambda", "config": {"function": "io.write_file"}}``

## Remedy

Do not load the file; build the model again from layers of Keras.

## References

- [Keras: saving and safe mode](https://keras.io/api/models/model_saving_apis/model_saving_and_loading/)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.hdf5.keras import Json, Keras
from assay.scan.keras.objects import inert_operation
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow import operations
from assay.scan.tensorflow.uses import shown

_OP: Final = re.compile(r'"op"\s*:\s*"([^"\\]+)"|op:\s*"([^"\\]+)"')


def check(view: Keras) -> Iterator[Hit]:
    """See the module."""
    for found in view.objects:
        if found.class_name == "TFOpLambda":
            name = found.get("function")
            if isinstance(name, str) and not inert_operation(name):
                yield Hit(f"a layer calls tf.{shown(name)}", None, found.path)
        elif found.class_name == "TensorFlowOpLayer":
            for op in _operations(found.get("node_def")):
                verdict = operations.verdict_on(op)
                if verdict is not None:
                    yield Hit(f"a layer's operation {shown(op)} {verdict.words}", None, found.path)


def _operations(node: Json) -> Iterator[str]:
    if isinstance(node, dict) and isinstance(node.get("op"), str):
        yield str(node["op"])
    elif isinstance(node, str):
        for match in _OP.finditer(node):
            yield match[1] or match[2]


RULE = Rule(
    id="keras-tensorflow-operation",
    reads="keras",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
