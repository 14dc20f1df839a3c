"""A Keras configuration carries Python code.

## Why it matters

A ``Lambda`` layer that was made from a function keeps the function's bytecode in the configuration. Loading rebuilds
it, and running the model runs it: with ``safe_mode=False`` in the current format, and always in HDF5, in plain JSON
and in older versions, which know no safe mode.

## Example

``{"class_name": "Lambda", "config": {"function": ["4wEAAAAAAAAA…", null, null], "function_type": "lambda"}}``

## Remedy

Replace the layer with one of Keras' own, or with a class of yours that is registered, and save the model again.

## References

- [CVE-2024-3660: code in Lambda layers](https://nvd.nist.gov/vuln/detail/CVE-2024-3660)
- [CVE-2025-9905: HDF5 ignores safe mode](https://nvd.nist.gov/vuln/detail/CVE-2025-9905)
- [Keras: saving and safe mode](https://keras.io/api/models/model_saving_apis/model_saving_and_loading/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.hdf5.keras import Keras
from assay.scan.keras.code import codes_of, judge
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import shown

#: Names in the code that a message shows.
NAMES_SHOWN: Final = 8


def check(view: Keras) -> Iterator[Hit]:
    """See the module."""
    for found in view.objects:
        for place, code in codes_of(found):
            harm, names = judge(code)
            does = f", which {harm.does}" if harm is not None else ""
            uses = f" that uses {', '.join(shown(name) for name in names[:NAMES_SHOWN])}" if names else ""
            severity = Severity.CRITICAL if harm is not None else None
            what = f"{shown(found.class_name)} carries Python code in '{place}'{uses}{does}"
            yield Hit(what, None, found.path, None, severity)


RULE = Rule(
    id="keras-lambda-code",
    reads="keras",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__ or "",
)
