"""A zip begins after other data: the file is two things at once.

## Why it matters
What looks at the first bytes sees a picture, a pickle or a safetensors file; what looks for a zip from the end, as
Python's zipfile and all that builds on it do, opens another one. The first passes a check, the second is loaded.

## Example
A valid `model.safetensors` with a PyTorch zip appended to it.

## Remedy
Ask why. If you need one of the two, take it out and use that alone.

## References
CWE-436, Interpretation Conflict; Trail of Bits, safetensors audit 2023 (polyglot files); MITRE ATLAS AML.T0074.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive import zip_gaps
from assay.formats.archive.archive import Archive
from assay.formats.archive.zip import Zip
from assay.scan.rule import Hit, Rule

#: Programs that unpack themselves; the rules of programs judge them.
_SELF_EXTRACTING = (b"#!", b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"jartsr=")

#: Java modules and Chrome extensions are zips behind a short header.
_HOSTS = (b"JM\x01\0PK", b"Cr24")


def check(view: Archive) -> Iterator[Hit]:
    """Bytes before the first record, unless the format allows a zip behind its own data."""
    if not isinstance(view, Zip):
        return
    start = view.source.read(0, 8)
    if start[4:8] == b"TFL3" or start.startswith(_HOSTS):  # TensorFlow Lite keeps its metadata so
        return
    for region in view.regions:
        if region.title == zip_gaps.PREFIX:
            embedded = start.startswith(_SELF_EXTRACTING) or view.trailing is not None
            message = f"{region.length:,} bytes come before the zip, so the file is something else to other readers"
            yield Hit(message, region.offset, severity=Severity.LOW if embedded else None)
            return


RULE = Rule(
    id="zip-prefix-data",
    reads=Archive.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
