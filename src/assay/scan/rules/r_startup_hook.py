"""An R workspace assigns names that R calls by itself.

## Why it matters

Loading an ``.RData`` file assigns every name in it. R runs ``.First`` when a session starts with that workspace and
``.Last`` when it ends; a function named like a basic one (``print``, ``predict``) is called in its place.

## Example

``.RData`` with a function ``.First``.

## Remedy

Load the file into an environment of its own (``load(file, envir = new.env())``) and look at the names first.
Better: ask for an ``.rds`` file.

## References

- https://stat.ethz.ch/R-manual/R-devel/library/base/html/Startup.html
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
    """Yield hooks, and functions that take a basic one's place."""
    for name, kind in view.bindings.items():
        if name in r.HOOKS:
            yield Hit(f"assigns {shown(name)} ({kind}), which R runs by itself", member=name)
        elif name in r.MASKED and kind in {"function", "promise", "bytecode"}:
            yield Hit(
                f"assigns a function {shown(name)}, which replaces R's own", member=name, severity=Severity.MEDIUM
            )  # fmt: skip


RULE = Rule(
    id="r-startup-hook",
    reads=RData.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
