"""An MXNet graph uses an operator that MXNet does not have.

## Why it matters

An operator that is not among MXNet's own comes from a library that is loaded first (``MXLoadLib``) and can do
anything.

## Example

``{"op": "my_exec", …}`` in ``model-symbol.json``.

## Remedy

Find out which library has the operator, and whether you trust who made it.

## References

- https://mxnet.apache.org/versions/1.9.1/api/faq/extension
- CVE-2022-24294 (very long operator names)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mxnet import MxNet
from assay.scan.knowledge import words
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule
from assay.scan.rules.mxnet_custom_operator import CALLING

#: MXNet searched operator names by a regular expression whose time explodes with their length.
_LONGEST: Final = 256


def check(view: MxNet) -> Iterator[Hit]:
    """Yield each unknown operator, once."""
    known = words.names("mxnet")
    seen = set()
    for node in view.nodes:
        if node.op in known or node.op in CALLING or node.op in seen:
            continue
        seen.add(node.op)
        if len(node.op) > _LONGEST:
            yield Hit(
                f"has an operator whose name of {len(node.op):,} characters keeps MXNet busy (CVE-2022-24294)",
                member=node.name, severity=Severity.MEDIUM,
            )  # fmt: skip
        else:
            yield Hit(f"uses {shown(node.op)}, which is no operator of MXNet", member=node.name)


RULE = Rule(
    id="mxnet-unknown-operator",
    reads=MxNet.kind,
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
