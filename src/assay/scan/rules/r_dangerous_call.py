"""Code that is stored in an R file runs commands, native code or reaches the network.

## Why it matters

R models carry functions along: their own methods, link functions, preprocessing. These run when the model is used.
One that calls ``system`` or downloads something does more than model.

## Example

A fitted model whose ``predict`` function calls ``system("…")``.

## Remedy

Look at the function before you use the model. Ask its author what it is for.

## References

- https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.r import RData
from assay.scan.knowledge import r
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: RData) -> Iterator[Hit]:
    """Yield what functions and loose expressions call, each name once."""
    seen = set()
    for function in view.functions:
        named = set(function.texts) if function.calls & r.INDIRECT else set[str]()
        for name in sorted(function.calls | named):
            found = _judge(name, loose=False)
            if found and name not in seen:
                seen.add(name)
                what, severity = found
                yield Hit(f"a stored function calls {shown(name)}, which {what}", function.offset, severity=severity)
    for name, offset in view.loose_calls:
        found = _judge(name, loose=True)
        if found and name not in seen:
            seen.add(name)
            what, severity = found
            yield Hit(f"a stored expression calls {shown(name)}, which {what}", offset, severity=severity)


def _judge(name: str, *, loose: bool) -> tuple[str, Severity] | None:
    does = r.does(name)
    if does is None:
        return None
    if not r.reaches(name) or (does == r.NATIVE and name != "dyn.load"):
        # Models of other languages' libraries call their native code in every method.
        return None if loose else (does, Severity.LOW)
    return does, Severity.MEDIUM if loose else Severity.HIGH


RULE = Rule(
    id="r-dangerous-call",
    reads=RData.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
