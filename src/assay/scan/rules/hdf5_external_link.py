"""A link in an HDF5 file leads into another file.

## Why it matters

HDF5 follows such a link without asking: what looks like weights of this file is read from any file that the process
can read, and goes on from there as numbers, into a model that is saved again or shared. Keras has no use for them.

## Example

A link ``/model_weights/dense`` to ``/weights`` in ``/srv/models/secret.h5``.

## Remedy

Do not load the file. Copy what the link stands for into the file if you trust both.

## References

- [CVE-2026-1669: Keras reads files outside an HDF5 file](https://nvd.nist.gov/vuln/detail/CVE-2026-1669)
- [HDF5: external links](https://docs.hdfgroup.org/hdf5/develop/group___h5_l.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.hdf5.hdf5 import Hdf5
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import quoted, shown


def check(view: Hdf5) -> Iterator[Hit]:
    """See the module."""
    for link in view.links:
        if link.kind == "external":
            message = f"{shown(link.path)} leads to {quoted(link.target)} in the file {quoted(link.file)}"
            yield Hit(message, link.offset, link.path)


RULE = Rule(
    id="hdf5-external-link",
    reads="hdf5",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
