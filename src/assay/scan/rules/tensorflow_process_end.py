"""The graph ends the process that runs it.

## Why it matters

``Abort`` exists for tests of TensorFlow itself. In a model it takes the whole server down, with every other model in
it.

## Example

A node ``op: "Abort"``.

## Remedy

Do not load the file; export the model without the operation.

## References

- [tf.raw_ops.Abort](https://www.tensorflow.org/api_docs/python/tf/raw_ops/Abort)
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
    yield from hits(view, Harm.END)


RULE = Rule(
    id="tensorflow-process-end",
    reads="tensorflow",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.DENIAL_OF_SERVICE,
    check=check,
    doc=__doc__ or "",
)
