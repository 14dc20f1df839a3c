"""The graph runs another graph that it carries as bytes.

## Why it matters

``DatasetFromGraph`` takes a whole graph as a string and runs it. Whatever that graph does is not among the nodes of
the file: a place to hide operations from every reader.

## Example

A node ``op: "DatasetFromGraph"`` whose input is a constant string.

## Remedy

Export the model without it.

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
    yield from hits(view, Harm.GRAPH)


RULE = Rule(
    id="tensorflow-hidden-graph",
    reads="tensorflow",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.ALTERED_MODEL,
    check=check,
    doc=__doc__ or "",
)
