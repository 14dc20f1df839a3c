"""The graph opens data files or databases.

## Why it matters

Operations such as ``TFRecordDataset`` and ``SqlDataset`` open files whose names the graph carries or is given. They
belong to the training pipeline; in a model that is served they read what lies on the machine.

## Example

A node ``op: "TextLineDataset"`` whose input is the constant ``/etc/passwd``.

## Remedy

Export the model without its input pipeline.

## References

- [tf.data](https://www.tensorflow.org/guide/data)
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
    yield from hits(view, Harm.DATA)


RULE = Rule(
    id="tensorflow-data-access",
    reads="tensorflow",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
