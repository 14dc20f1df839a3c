"""The least significant bits of a tensor's numbers are no noise.

## Why it matters
Changing the lowest bits of trained numbers leaves the model working, so that a payload can be written into them. In a
trained tensor they are noise, or zeros where the numbers came from a shorter type; a program or a text there is
neither. An encrypted payload looks like noise and is not found.

## Example
The lowest three bytes of the first 10,000 numbers of a layer make an ELF program.

## Remedy
Compare the model with the one it is said to be: `assay scan --against BASE`. Rounding the numbers to a shorter type
destroys what hides there.

## References
EvilModel (Wang, Liu, Cui: ISCC 2021); MaleficNet (Hitaj et al.: ESORICS 2022).
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.rule import Hit, Rule
from assay.scan.weights import Weights


def check(view: Weights) -> Iterator[Hit]:
    """What was recognised, and what only its entropy gives away."""
    for hidden in view.hidden:
        if hidden.what:
            message = f"the lowest {hidden.bits} bits of the tensor's numbers make {hidden.what}"
        else:
            message = f"the lowest bits of a part of the tensor have {hidden.entropy:.1f} bits of entropy per byte"
            message += "; those of the rest are noise"
        severity, confidence = (None, None) if hidden.sure else (Severity.LOW, Confidence.LOW)
        yield Hit(message, hidden.offset, member=hidden.tensor, severity=severity, confidence=confidence)


RULE = Rule(
    id="weights-hidden-low-bits",
    reads=Weights.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
