"""A zip entry is compressed by a method that model loaders do not know.

## Why it matters
Python's zipfile, on which loaders and scanners build, cannot open it, so it cannot be inspected; another unpacker
can, or takes the bytes as they are. No tool that saves models uses such a method.

## Example
`m.pkl` with method 97 (WavPack), whose data are a plain pickle.

## Remedy
Ask why. Unpack it in isolation with a tool that knows the method, inspect what comes out, and use that.

## References
APPNOTE.TXT 4.4.5; CWE-436, Interpretation Conflict; MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive import zip_methods
from assay.formats.archive.archive import Archive, shown
from assay.formats.archive.zip import Zip
from assay.scan.rule import Hit, Rule


def check(view: Archive) -> Iterator[Hit]:
    """Methods that nothing here undoes; encryption aside, which is told as such."""
    if not isinstance(view, Zip):
        return
    for entry in view.entries:
        if not zip_methods.supported(entry.method) and entry.method != zip_methods.AES:
            method = zip_methods.described(entry.method)
            message = f"the entry {shown(entry.name)} is compressed by method {method}, so it cannot be inspected"
            yield Hit(message, entry.header_offset)


RULE = Rule(
    id="zip-unsupported-compression",
    reads=Archive.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
