"""The pickle carries Python functions as code.

## Why it matters

Functions written down by dill, cloudpickle or `torch.fx` are code that no review of the library sees. They are not run
by loading, but when the model is used. A function that computes is told as information; one whose names reach a shell,
files or the network is told as what it is.

## Example

A preprocessing step `lambda text: os.system(text) or text`, pickled by value.

## Remedy

Move the function into a package that is reviewed and installed, and pickle the model again; or export it to a format
without code.

## References

- dill: https://dill.readthedocs.io/
- cloudpickle: https://github.com/cloudpipe/cloudpickle
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
    yield from judge(view).of("pickle-embedded-code")


RULE = Rule(
    id="pickle-embedded-code",
    reads=Pickle.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
