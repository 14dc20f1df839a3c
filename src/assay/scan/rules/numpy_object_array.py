"""An array holds Python objects, which are stored as a pickle.

## Why it matters
`numpy.load` refuses such a file unless it is called with `allow_pickle=True`, which then runs the pickle. What the
pickle does is judged on its own; that there is one is worth knowing.

## Example
`np.save("labels.npy", np.array(["cat", "dog"], dtype=object))`

## Remedy
Store text and numbers in types of their own (`<U8`, `<f4`); then no one needs `allow_pickle`.

## References
CVE-2019-6446, and `allow_pickle` in NumPy's documentation of `numpy.load`.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.npy import Npy
from assay.scan.rule import Hit, Rule


def check(view: Npy) -> Iterator[Hit]:
    """Objects, plain or in a field of a record."""
    if view.element is not None and view.element.objects:
        yield Hit(
            "the array holds Python objects: loading it needs allow_pickle=True and runs a pickle", view.data_start
        )


RULE = Rule(
    id="numpy-object-array",
    reads=Npy.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
