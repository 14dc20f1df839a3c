"""The pickle calls something that is not known to be harmless.

## Why it matters

Only what was read and found harmless is on the list of callables that a pickle may call. What is not on it may be
an honest library's helper that nobody has read yet, or the one function in a large package that starts a program.
Lists of bad names have been bypassed by the dozen; hence the question is asked the other way round.

## Example

`acme_internal_lib.loaders.run_cmd("true")`: only somebody who knows that library can say what it does.

## Remedy

Find out what the callable does with these arguments. If it is harmless and yours, allow it for this model by a signed
entry with a reason; if not, do not load the file.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- PickleBall, secure deserialization of pickle-based models: https://arxiv.org/abs/2508.15987
- The Art of Hide and Seek: making pickle-based model supply chain poisoning stealthy: https://arxiv.org/abs/2508.19774
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
    yield from judge(view).of("pickle-unknown-call")


RULE = Rule(
    id="pickle-unknown-call",
    reads=Pickle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.LOW,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
