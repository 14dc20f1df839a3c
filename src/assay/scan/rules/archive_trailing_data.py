"""Data follow the end of an archive.

## Why it matters
A reader that starts at the beginning stops before them, one that searches from the end may find another archive in
them, and an attacker's loader can seek to them: nothing shows them to whoever lists the content.

## Example
A tar that ends with its two blocks of zeros, and after them a pickle.

## Remedy
Ask what the data are; have the archive packed again without them.

## References
CWE-436, Interpretation Conflict; MITRE ATLAS AML.T0074, Masquerading.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive import zip_gaps
from assay.formats.archive.archive import Archive
from assay.formats.archive.streams import Stream
from assay.formats.archive.zip import Zip
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Bytes after the end that are not all zeros."""
    if view.trailing is not None:
        offset, length = view.trailing
        severity = Severity.LOW if _embedded(view) else None
        yield Hit(f"{length:,} bytes follow the end of the archive", offset, severity=severity)


def _embedded(view: Archive) -> bool:
    """Whether the archive is a part of something else that goes on after it, or may not even be one."""
    if isinstance(view, Zip):
        return any(region.title == zip_gaps.PREFIX for region in view.regions)
    return isinstance(view, Stream) and view.form in {"zlib", "lzma"}


RULE = Rule(
    id="archive-trailing-data",
    reads=Archive.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
