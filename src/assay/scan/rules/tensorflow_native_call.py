"""The graph calls native code by its name.

## Why it matters

``XlaCustomCall`` and its like jump to a function of the loading program that is known by a name only: what it does is
not TensorFlow's and not in the file.

## Example

A node ``op: "XlaCustomCall"`` with the attribute ``target_name: "run"``.

## Remedy

Ask which library provides the function, and review it as you would any code.

## References

- [TensorFlow's security guide: models are programs](https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.tensorflow import TensorFlow
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.operations import Harm
from assay.scan.tensorflow.uses import hits


def check(view: TensorFlow) -> Iterator[Hit]:
    """See the module."""
    yield from hits(view, Harm.NATIVE)


RULE = Rule(
    id="tensorflow-native-call",
    reads="tensorflow",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__ or "",
)
