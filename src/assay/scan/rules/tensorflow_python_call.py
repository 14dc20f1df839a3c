"""The graph calls a Python function.

## Why it matters

``PyFunc``, ``PyFuncStateless`` and ``EagerPyFunc`` call back into the Python interpreter that runs the graph:
whatever function is registered under the token that the node carries. A graph that is meant to be shipped has no use
for them, since the function itself is not in the file; one that has them runs code which nobody can see in it.

## Example

A node ``op: "PyFunc"`` with the attribute ``token: "pyfunc_0"``.

## Remedy

Export the model without ``tf.py_function`` and ``tf.numpy_function``; ask whoever made the file what the function
does.

## References

- [tf.py_function](https://www.tensorflow.org/api_docs/python/tf/py_function)
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
    yield from hits(view, Harm.PYTHON)


RULE = Rule(
    id="tensorflow-python-call",
    reads="tensorflow",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__ or "",
)
