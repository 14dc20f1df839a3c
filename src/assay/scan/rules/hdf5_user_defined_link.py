"""A link in an HDF5 file is followed by code of the loading program.

## Why it matters

Beside its own kinds of links HDF5 knows user-defined ones, which a callback of the program follows. Files that
programs exchange have none; the library cannot read them without that program.

## Example

A link ``/weights`` of the class 65.

## Remedy

Ask which program wrote the file, and copy what the link stands for into it.

## References

- [HDF5: user-defined links](https://docs.hdfgroup.org/hdf5/develop/group___h5_l_a.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.hdf5.hdf5 import Hdf5
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import shown


def check(view: Hdf5) -> Iterator[Hit]:
    """See the module."""
    for link in view.links:
        if link.kind == "user-defined":
            yield Hit(f"{shown(link.path)} is a link of the class {link.number}", link.offset, link.path)


RULE = Rule(
    id="hdf5-user-defined-link",
    reads="hdf5",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__ or "",
)
