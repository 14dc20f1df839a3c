"""A PMML model applies a function that is a Java class.

## Why it matters

PMML's own functions are arithmetic and text handling. An evaluator that meets a dotted name looks for a Java class of
that name on its class path and calls it with values of the model's choosing.

## Example

``<Apply function="java.lang.Runtime">`` in a ``DerivedField``.

## Remedy

Ask which library the class comes from and why the model needs it. Evaluate the model without user-defined functions
if it has no good answer.

## References

- https://dmg.org/pmml/v4-4-1/BuiltinFunctions.html
- https://dmg.org/pmml/v4-4-1/Functions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.pmml import Pmml
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

#: Packages of Java itself and of script engines: their classes do what no model needs.
_REACHING: Final = ("java.", "javax.", "jdk.", "sun.", "com.sun.", "groovy.", "org.mozilla.javascript", "org.python.")


def check(view: Pmml) -> Iterator[Hit]:
    """Yield each function with a dotted name that the document does not define itself."""
    for applied in view.applied.values():
        if "." not in applied.name or applied.name in view.defined:
            continue
        reaching = applied.name.startswith(_REACHING)
        yield Hit(
            f"applies the Java class {shown(applied.name)}",
            line=applied.line,
            severity=Severity.HIGH if reaching else None,
            confidence=Confidence.HIGH if reaching else None,
        )


RULE = Rule(
    id="pmml-external-function",
    reads=Pmml.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
