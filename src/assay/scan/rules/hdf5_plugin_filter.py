"""An HDF5 dataset needs a filter that is loaded from a shared library.

## Why it matters

Data in chunks may go through filters. HDF5 has six of its own; for another it searches the folders of its plugin path
for a shared library that says it is that filter, and runs it. Whoever can put a file there, or says to install one
for this model, runs code. Filters of well-known publishers are told as *low*.

## Example

A dataset with the filter 40000 called ``acme-decrypt``.

## Remedy

Store the data again without the filter, or with gzip. Install filters from their publisher only.

## References

- [HDF5: registered filter plugins](https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.hdf5.hdf5 import Hdf5
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import shown

#: Filters that the library or h5py bring along.
BUILT_IN: Final = frozenset({1, 2, 3, 4, 5, 6, 32000})
#: Registered filters that are met in honest files.
KNOWN: Final = {
    305: "LZO", 307: "bzip2", 32001: "Blosc", 32003: "bzip2", 32004: "LZ4", 32008: "bitshuffle", 32013: "ZFP",
    32015: "Zstandard", 32017: "SZ", 32018: "FCIDECOMP", 32019: "JPEG", 32020: "VBZ", 32022: "BitGroom",
    32023: "Granular BitRound", 32024: "SZ3", 32026: "Blosc2", 32028: "SPERR",
}  # fmt: skip


def check(view: Hdf5) -> Iterator[Hit]:
    """See the module."""
    for dataset in view.datasets:
        for step in dataset.filters:
            if step.number in BUILT_IN:
                continue
            known = KNOWN.get(step.number)
            name = known or step.name
            called = f" ({shown(name)})" if name else ""
            message = f"{shown(dataset.path)} needs the filter {step.number:,}{called}, a shared library"
            severity = Severity.LOW if known else None
            yield Hit(message, dataset.offset, dataset.path, severity=severity)


RULE = Rule(
    id="hdf5-plugin-filter",
    reads="hdf5",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__ or "",
)
