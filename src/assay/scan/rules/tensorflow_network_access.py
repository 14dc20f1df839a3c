"""The graph talks to other machines.

## Why it matters

Operations such as ``RpcCall`` and ``DataServiceDataset`` connect to an address that the graph carries, or open a port
of their own. A model that is served has no use for them; one that has them can send its inputs away.

## Example

A node ``op: "RpcClient"`` whose input is the constant ``203.0.113.7:443``.

## Remedy

Do not load the file; export the model without these operations.

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
    yield from hits(view, Harm.NETWORK)


RULE = Rule(
    id="tensorflow-network-access",
    reads="tensorflow",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__ or "",
)
