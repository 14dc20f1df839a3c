"""The pickle names something that is on no list, without calling it.

## Why it matters

Naming it imports its module, which runs that module, and whoever uses the loaded object may call it later.

## Example

A transformer that keeps a function of your project: `FunctionTransformer(func=my_project.clean)`.

## Remedy

Make sure that the module is the one you expect where the model is loaded, or allow the name by a signed entry.

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
    yield from judge(view).of("pickle-unknown-name")


RULE = Rule(
    id="pickle-unknown-name",
    reads=Pickle.kind,
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
