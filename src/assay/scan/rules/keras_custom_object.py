"""A Keras configuration needs a class or function that Keras does not have.

## Why it matters

The program that loads the file must bring the object along: registered under its name, given as ``custom_objects``,
or, in older versions, found by importing the module that the file names. That is ordinary for models with layers of
their own, and good to know: the code that runs is not in the file.

## Example

``{"module": "my_layers", "class_name": "Attention", "registered_name": "acme>Attention"}``

## Remedy

Take the class from whoever made the model, reviewed and pinned; register it instead of letting Keras import it.

## References

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
    seen: set[str] = set()
    for found in view.objects:
        verdict = verdict_on(found)
        if verdict is None or verdict.kind not in (Kind.CUSTOM, Kind.UNKNOWN):
            continue
        what = found.registered if ">" in found.registered else f"{found.module}.{found.name}".lstrip(".")
        if what not in seen:
            seen.add(what)
            yield Hit(f"{shown(what)} {verdict.words}", None, found.path)


RULE = Rule(
    id="keras-custom-object",
    reads="keras",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__ or "",
)
