"""The data of an HDF5 dataset lie in another file.

## Why it matters

A dataset may name files, with positions in them, from which its raw numbers come. HDF5 reads them without asking and
whatever they are, so that a model's weights become the bytes of any file that the process can read.

## Example

A dataset ``/model_weights/kernel`` whose 4 bytes come from ``/etc/hostname``.

## Remedy

Do not load the file. Copy the data into it if you trust both.

## References

- [CVE-2026-1669: Keras reads files outside an HDF5 file](https://nvd.nist.gov/vuln/detail/CVE-2026-1669)
- [HDF5: external storage](https://docs.hdfgroup.org/hdf5/develop/group___d_c_p_l.html)
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
    for dataset in view.datasets:
        for file in dataset.external:
            message = (
                f"the data of {shown(dataset.path)} come from the file {quoted(file.name)}, byte {file.position:,}"
            )
            yield Hit(message, dataset.offset, dataset.path)


RULE = Rule(
    id="hdf5-external-storage",
    reads="hdf5",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
