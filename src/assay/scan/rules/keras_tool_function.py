"""A Keras configuration names a function of Keras that is no part of any model.

## Why it matters

The functions with which Keras downloads files, loads models and changes its own settings have no place among layers.
As they are Keras' own, checks that only ask for the package let them pass: ``get_file`` writes a file of an
attacker's where they like, ``enable_unsafe_deserialization`` switches off safe mode for what follows.

## Example

``{"module": "keras.utils", "class_name": "function", "config": "get_file"}`` among the layers.

## Remedy

Do not load the file.

## References

- [CVE-2025-8747: get_file in a configuration](https://nvd.nist.gov/vuln/detail/CVE-2025-8747)
- [CVE-2025-9906: safe mode switched off by the file](https://nvd.nist.gov/vuln/detail/CVE-2025-9906)
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
        if verdict is not None and verdict.kind is Kind.TOOL:
            what = shown(f"{found.module}.{found.name}")
            yield Hit(f"the configuration names {what}, which {verdict.words}", None, found.path)


RULE = Rule(
    id="keras-tool-function",
    reads="keras",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__ or "",
)
