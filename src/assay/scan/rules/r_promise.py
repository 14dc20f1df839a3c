"""An R file holds a promise: an expression that runs when its value is first looked at.

## Why it matters

R evaluates lazily: a promise is an expression that has not run yet. Stored in a file as a value of its own, it runs
as soon as somebody prints or uses what was loaded, with all of R's functions at its service.

## Example

``readRDS("model.rds")`` gives a promise of ``system("…")``; printing the model runs it.

## Remedy

Do not load the file. R 4.4.0 and newer refuse promises as values, but take other ways to the same end.

## References

- CVE-2024-27322
- https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.r import Promise, RData
from assay.scan.knowledge import r
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: RData) -> Iterator[Hit]:
    """Yield promises that would run; those that functions keep for themselves only when they reach out of R."""
    for promise in view.promises:
        if hit := _judge(promise):
            yield hit


def _judge(promise: Promise) -> Hit | None:
    if promise.forced:
        return None
    named = promise.calls + (promise.texts if r.INDIRECT.intersection(promise.calls) else ())
    telling = sorted((name for name in named if r.does(name)), key=r.reaches)
    if telling:
        name = telling[-1]
        given = f" with {shown(promise.texts[0], 60)}" if promise.texts else ""
        severe = r.reaches(name) or not promise.inside
        return Hit(
            f"a promise calls {shown(name)}{given}, which {r.does(name)} when the value is looked at",
            promise.offset,
            severity=Severity.CRITICAL if severe else Severity.LOW,
        )
    if promise.inside or not promise.calls:
        return None
    return Hit(f"a promise calls {shown(promise.calls[0])} when the value is looked at", promise.offset)


RULE = Rule(
    id="r-promise",
    reads=RData.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
