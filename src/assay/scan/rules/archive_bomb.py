"""An archive expands to far more than it has a reason to.

## Why it matters
A few kilobytes that become gigabytes fill the memory or the disk of whatever unpacks them: a loader, a server that
takes uploads, another scanner. Weights are nearly random numbers and hardly shrink at all.

## Example
A zip of one megabyte whose member expands to a gigabyte of zeros; a zip of zips that does it in two steps; an xz stream
that gives 7,000 bytes for each of its own.

## Remedy
Do not unpack it where memory or disk are shared. If the content is honest, have it packed without compression; if you
know it and want it inspected to the end, raise the limit that the message names.

## References
CWE-409; D. Fifield, "A better zip bomb", WOOT 2019; MITRE ATLAS AML.T0029.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, shown
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Members that met a limit, and members that grow by hundreds."""
    for name, limit in view.bombs:
        yield Hit(f"{shown(name)} expands beyond what is allowed: {limit.what}", limit.offset, severity=Severity.HIGH)
    if view.total is not None and not view.bombs and not view.inflated:
        size, given = view.total
        yield Hit(f"all that lies in it expands from {size:,} bytes to {given:,}, {given // size:,} times")
    stopped = {name for name, _ in view.bombs}
    for name, offset, taken, given in view.inflated:
        if name not in stopped:
            yield Hit(
                f"{shown(name)} expands from {taken:,} bytes to {given:,}, {given // max(taken, 1):,} times", offset
            )


RULE = Rule(
    id="archive-bomb",
    reads=Archive.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.DENIAL_OF_SERVICE,
    check=check,
    doc=__doc__,
)
