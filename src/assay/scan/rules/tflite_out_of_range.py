"""A TensorFlow Lite model points outside its own tables or the file.

## Why it matters

The interpreter is native code that follows these offsets and indices. Versions that did not check them read and wrote
outside their memory; a file that an honest converter wrote has none that lead nowhere.

## Example

An operator with the code 4,000 in a model of three operator codes, or a buffer that ends beyond the file.

## Remedy

Do not load the file; convert the model again.

## References

- [CVE-2020-15211: out of bounds access in TensorFlow Lite](https://nvd.nist.gov/vuln/detail/CVE-2020-15211)
- [CVE-2021-29606: out of bounds read](https://nvd.nist.gov/vuln/detail/CVE-2021-29606)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.tflite import TFLite
from assay.scan.rule import Hit, Rule


def check(view: TFLite) -> Iterator[Hit]:
    """See the module."""
    for place in view.misplaced:
        yield Hit(place.what, place.offset)


RULE = Rule(
    id="tflite-out-of-range",
    reads="tflite",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MEMORY_CORRUPTION,
    check=check,
    doc=__doc__ or "",
)
