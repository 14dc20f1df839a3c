"""The graph uses an operation that is not TensorFlow's own.

## Why it matters

An operation that TensorFlow does not have comes from a native library that the loading program must load first
(``tf.load_op_library``): code of somebody else, with the rights of the process. Nothing in the file says what it
does.

## Example

A node ``op: "AcmeDecrypt"``, which needs ``acme_ops.so``.

## Remedy

Find out which library provides the operation and review it, or export the model without it.

## References

- [Create an op](https://www.tensorflow.org/guide/create_op)
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
    yield from hits(view, Harm.UNKNOWN)


RULE = Rule(
    id="tensorflow-unknown-operation",
    reads="tensorflow",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__ or "",
)
