"""A tensor holds values that are no numbers.

## Why it matters
One value that is not a number spreads through every layer that sees it: the model answers nothing useful, always or
only for some inputs. Infinities are ordinary in attention masks and in data, and a fault in weights.

## Example
A layer of 768 by 768 numbers of which 12 are NaN.

## Remedy
Fetch the file again and compare its digest; if it is what was published, tell the author.

## References
MITRE ATLAS AML.T0076, Corrupt AI Model.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.rule import Hit, Rule
from assay.scan.weights import Weights


def check(view: Weights) -> Iterator[Hit]:
    """Every tensor with such values; infinities alone are mentioned."""
    for broken in view.broken:
        if broken.nan:
            message = f"{broken.nan:,} of {broken.elements:,} values are not a number"
            yield Hit(message, broken.offset, member=broken.tensor)
        else:
            message = f"{broken.infinite:,} of {broken.elements:,} values are infinite"
            yield Hit(message, broken.offset, member=broken.tensor, severity=Severity.INFO)


RULE = Rule(
    id="weights-not-a-number",
    reads=Weights.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
