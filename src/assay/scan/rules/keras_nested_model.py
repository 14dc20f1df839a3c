"""A Keras layer loads a model of another framework.

## Why it matters

``TorchModuleWrapper`` unpickles a PyTorch module from the configuration: opening the file runs what the pickle says,
in safe mode too in affected versions. ``TFSMLayer`` loads a SavedModel from a path that the file gives and runs its
graph.

## Example

``{"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": "UEsDBAAA…"}}``

## Remedy

Do not load the file; save the layers as Keras' own, or the other model as a file of its own that can be inspected.

## References

- [CVE-2025-49655: TorchModuleWrapper unpickles](https://nvd.nist.gov/vuln/detail/CVE-2025-49655)
- [TFSMLayer](https://keras.io/api/layers/backend_specific_layers/tfsm_layer/)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.hdf5.keras import Keras
from assay.scan.keras.objects import NESTED
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import shown


def check(view: Keras) -> Iterator[Hit]:
    """See the module."""
    for found in view.objects:
        does = NESTED.get(found.class_name)
        if does is not None:
            path = found.get("filepath")
            place = f" from '{shown(path)}'" if isinstance(path, str) else ""
            yield Hit(f"layer {found.class_name} {does}{place}", None, found.path)


RULE = Rule(
    id="keras-nested-model",
    reads="keras",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__ or "",
)
