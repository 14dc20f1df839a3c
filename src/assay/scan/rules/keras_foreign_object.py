"""A Keras configuration names something outside Keras that loading would import, and may call.

## Why it matters

Keras builds a model from names: it imports the module that the configuration gives and takes the class or function
from it. Versions that did not restrict this call ``os.system`` with arguments from the same file, whether safe mode
is on or not. Nothing that a model is made of lies in such modules.

## Example

``{"module": "os", "class_name": "function", "config": "system", "inbound_nodes": [{"args": ["id"]}]}`` among the
layers.

## Remedy

Do not load the file; with no version of Keras, since what a newer one refuses an older one runs.

## References

- [CVE-2025-1550: code execution through config.json](https://nvd.nist.gov/vuln/detail/CVE-2025-1550)
- [Keras: saving and safe mode](https://keras.io/api/models/model_saving_apis/model_saving_and_loading/)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.hdf5.keras import Keras
from assay.scan.keras.objects import Kind, verdict_on
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import shown


def check(view: Keras) -> Iterator[Hit]:
    """See the module."""
    for found in view.objects:
        verdict = verdict_on(found)
        if verdict is not None and verdict.kind is Kind.FOREIGN:
            what = f"{found.module}.{found.name}" if found.module else found.name
            severity = Severity.CRITICAL if verdict.worst else None
            yield Hit(f"the configuration names {shown(what)}, which {verdict.words}", None, found.path, None, severity)


RULE = Rule(
    id="keras-foreign-object",
    reads="keras",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__ or "",
)
