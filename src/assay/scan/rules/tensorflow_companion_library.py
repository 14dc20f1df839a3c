"""The graph needs the native library of a well-known companion of TensorFlow.

## Why it matters

Operations of TensorFlow Text, Decision Forests, Addons and the like come from a native library that must be installed
and loaded beside TensorFlow. That is ordinary, and good to know: what the operation does is decided by that library.

## Example

A node ``op: "SentencepieceTokenizeOp"``.

## Remedy

Install the library from its publisher, pinned and verified.

## References

- [tf.load_op_library](https://www.tensorflow.org/api_docs/python/tf/load_op_library)
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
    yield from hits(view, Harm.COMPANION)


RULE = Rule(
    id="tensorflow-companion-library",
    reads="tensorflow",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__ or "",
)
