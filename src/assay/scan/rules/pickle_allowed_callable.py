"""The pickle uses a name that your organisation allows.

## Why it matters

Somebody allowed this name for a reason and until a day. It is shown so that the allowance can be seen where it counts.

## Example

`my_project.encoders.restore` is allowed until 2027-01-31: read and found harmless by the platform team.

## Remedy

Nothing, while the reason holds. Withdraw the entry when it no longer does.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.view import Pickle
from assay.scan.pickles.judgement import judge
from assay.scan.rule import Hit, Rule


def check(view: Pickle) -> Iterator[Hit]:
    """What :mod:`assay.scan.pickles` found for this rule."""
    yield from judge(view).of("pickle-allowed-callable")


RULE = Rule(
    id="pickle-allowed-callable",
    reads=Pickle.kind,
    severity=Severity.INFO,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
