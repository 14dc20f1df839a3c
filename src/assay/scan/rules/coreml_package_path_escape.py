"""A Core ML package's manifest names a file outside the package.

## Why it matters

The manifest says where the model and its weights lie. A path with ``..`` or an absolute one makes the loader, and
every tool that copies the package, take another file of the machine.

## Example

``"path": "../../../../etc/passwd"`` in ``Manifest.json``.

## Remedy

Do not load the package; get it again from its author.

## References

- https://apple.github.io/coremltools/docs-guides/source/convert-to-ml-program.html
- CWE-22: Path Traversal
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mlpackage import MlPackage
from assay.scan.knowledge.paths import escape
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: MlPackage) -> Iterator[Hit]:
    """Yield items that lie elsewhere."""
    for item in view.items:
        if how := escape(item.path):
            yield Hit(f"an item lies at {shown(item.path)}, which {how}", member=item.key)


RULE = Rule(
    id="coreml-package-path-escape",
    reads=MlPackage.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
