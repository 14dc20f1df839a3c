"""The graph reads, writes or lists files.

## Why it matters

A graph may contain operations that open files by a name it computes or carries itself: ``ReadFile`` gives their
content to the model's output, ``WriteFile`` creates or replaces them, also in a start-up script or beside a library.
They run when the model is called, and with an initialiser when it is loaded.

## Example

A node ``op: "WriteFile"`` whose input is the constant ``/home/user/.bashrc``.

## Remedy

Do not load the file. Feed contents instead of names to the model and export it again without these operations; run
graphs of others in a sandbox without files of yours.

## References

- [tf.io.write_file](https://www.tensorflow.org/api_docs/python/tf/io/write_file)
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
    yield from hits(view, Harm.FILES)


RULE = Rule(
    id="tensorflow-file-access",
    reads="tensorflow",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
