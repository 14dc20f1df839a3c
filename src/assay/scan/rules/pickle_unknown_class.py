"""The pickle makes instances of a class that is on no list.

## Why it matters

Making an instance without its constructor and giving it a state is what honest pickles do with their own classes, and
little can happen by it. Still the class's module is imported, its `__setstate__` runs, and so does its `__del__`.

## Example

`my_project.models.Encoder` in a checkpoint that was saved with `torch.save(model)` in place of its `state_dict()`.

## Remedy

Save numbers in place of objects (`state_dict()`, safetensors), or allow the class by a signed entry with a reason.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- PickleBall, secure deserialization of pickle-based models: https://arxiv.org/abs/2508.15987
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
    yield from judge(view).of("pickle-unknown-class")


RULE = Rule(
    id="pickle-unknown-class",
    reads=Pickle.kind,
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
