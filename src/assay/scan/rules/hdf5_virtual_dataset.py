"""An HDF5 dataset is put together from datasets of other files.

## Why it matters

A virtual dataset says which parts of which files it shows. HDF5 opens them without asking when it is read; what looks
like weights of this file is read from another one. One that is put together from this file only is no concern.

## Example

A virtual dataset ``/kernel`` whose source is ``/data`` in ``/srv/models/secret.h5``.

## Remedy

Do not load the file. Copy the data into it if you trust both.

## References

- [CVE-2026-1669: Keras reads files outside an HDF5 file](https://nvd.nist.gov/vuln/detail/CVE-2026-1669)
- [HDF5: virtual datasets](https://docs.hdfgroup.org/hdf5/develop/_h5_d__u_g.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.hdf5.hdf5 import Hdf5
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import quoted, shown

#: Sources that a message shows.
FILES_SHOWN: Final = 4


def check(view: Hdf5) -> Iterator[Hit]:
    """See the module."""
    for dataset in view.datasets:
        sources = dataset.layout.sources if dataset.layout is not None else ()
        inside = {other.path for other in view.datasets}
        # The first text is a file; the others are files and datasets in turn, and the file itself is a full stop.
        outside = [text for text in sources if text != "." and f"/{text.lstrip('/')}" not in inside]
        if outside:
            files = ", ".join(quoted(text) for text in outside[:FILES_SHOWN])
            yield Hit(f"{shown(dataset.path)} is put together from {files}", dataset.offset, dataset.path)


RULE = Rule(
    id="hdf5-virtual-dataset",
    reads="hdf5",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
