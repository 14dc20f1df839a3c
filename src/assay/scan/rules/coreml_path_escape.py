"""A Core ML model names a file outside its package.

## Why it matters

Programs keep their weights in files beside the model, and linked models name other models. A path that leads out of
the package makes the loader open any file of the machine.

## Example

A weight blob of ``@model_path/../../../../etc/passwd``.

## Remedy

Do not load the model; get it again from its author.

## References

- https://apple.github.io/coremltools/mlmodel/Format/MIL.html (BlobFileValue)
- CWE-22: Path Traversal
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.coreml import CoreMl
from assay.scan.knowledge.paths import escape
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: CoreMl) -> Iterator[Hit]:
    """Yield weights and linked models that lie elsewhere."""
    for name, offset in view.blobs.items():
        if how := escape(name.removeprefix("@model_path/")):
            yield Hit(f"reads weights from {shown(name)}, which {how}", offset)
    for linked in view.linked:
        if how := escape(linked.name):
            yield Hit(f"loads the model {shown(linked.name)}, which {how}", linked.offset, member=linked.place)


RULE = Rule(
    id="coreml-path-escape",
    reads=CoreMl.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
