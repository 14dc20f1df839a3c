"""The pickle makes its reader use up its memory or its time.

## Why it matters

Containers that hold each other twice, level by level, take a few bytes to write down and more memory than there is to
print, copy, hash or compare. So do numbers that say how much to allocate.

## Example

`((((x, x), (x, x)), …))` forty levels deep; `bytearray(10**12)`.

## Remedy

Do not load the file where its failing matters. Ask the publisher what it is for.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- The Art of Hide and Seek: making pickle-based model supply chain poisoning stealthy: https://arxiv.org/abs/2508.19774
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.view import Pickle
from assay.scan.pickles.judgement import judge
from assay.scan.rule import Hit, Rule

#: Values in one container when what is shared is counted each time; honest files share little.
_MOST: Final = 1 << 33


def check(view: Pickle) -> Iterator[Hit]:
    """Containers that grow beyond all measure when somebody walks them, and calls that allocate by a number."""
    yield from judge(view).of("pickle-expansion-bomb")
    if view.expansion > _MOST:
        yield Hit(
            f"a container holds about 2^{view.expansion.bit_length() - 1} values when each is counted where it stands,"
            f" from {view.end:,} bytes"
        )


RULE = Rule(
    id="pickle-expansion-bomb",
    reads=Pickle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.DENIAL_OF_SERVICE,
    check=check,
    doc=__doc__,
)
