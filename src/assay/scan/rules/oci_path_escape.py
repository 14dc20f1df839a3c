"""A layer of an OCI artifact is to be written outside of the folder it is pulled to.

## Why it matters
Tools that pull models from registries write each layer under the name in its annotation
`org.opencontainers.image.title`. A name with `..` or from the root overwrites files of whoever pulls.

## Example
`"annotations": {"org.opencontainers.image.title": "../../.bashrc"}` in `manifest.json`.

## Remedy
Do not pull it. Honest titles are names below the folder that the artifact is pulled to.

## References
OCI Image Specification, *Annotations*. ORAS, path traversal advisories (CVE-2021-21272). CWE-22.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.paths import leaves

_KEYS: Final = frozenset({"org.opencontainers.image.title", "org.cncf.model.filepath", "org.cnai.model.filepath"})


def check(view: Document) -> Iterator[Hit]:
    """Titles and file paths of layers."""
    for mapping in view.mappings:
        for key in _KEYS & mapping.entries.keys():
            path = mapping.entries[key]
            if isinstance(path, str) and leaves(path):
                message = f"the layer is to be written to {path[:120]}, outside of the folder it is pulled to"
                yield Hit(message, member=str(mapping.place.below(key)), line=view.line(path))


RULE = Rule(
    id="oci-path-escape",
    reads=Document.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
