"""An ONNX model keeps numbers in a file outside its folder.

## Why it matters

Large tensors lie in files beside the model, named by it. A name that is absolute, climbs out of the folder, or
means something else on another system makes the loader read any file into the model, from where it can be sent on
or written back; saving such a model overwrites files.

## Example

``external_data`` of an initialiser, also one inside a subgraph: ``location`` = ``../../../../etc/passwd``.

## Remedy

Do not load the model. Ask for one whose external data lie in its own folder. Symbolic links beside a model have the
same effect and are reported where they lie.

## References

- CVE-2022-25882, CVE-2024-27318, CVE-2025-51480, CVE-2026-34447
- https://onnx.ai/onnx/repo-docs/ExternalData.html
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.onnx_view import TEXT_KEPT, Onnx
from assay.scan.knowledge.paths import escape
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule
from assay.scan.rules.onnx_memory_address import ADDRESS


def check(view: Onnx) -> Iterator[Hit]:
    """Yield each tensor and each compiled part whose file lies elsewhere."""
    for external in view.externals:
        for key, value in external.entries:
            how = escape(value) if key in {"location", "basepath"} and value != ADDRESS else None
            if how:
                unused = "" if external.used else " (though it does not say that its numbers lie there)"
                yield Hit(
                    f"tensor {shown(external.tensor)} reads {shown(value)}, which {how}{unused}",
                    external.offset, member=external.tensor,
                )  # fmt: skip
    for operator in view.operators:
        for key, value in operator.attributes:
            # The one attribute of the runtime's own operators that names a file, unless the file is embedded.
            named = operator.name == "EPContext" and key == "ep_cache_context" and not _embedded(value)
            if named and (how := escape(value)):
                yield Hit(
                        f"operator {shown(operator.place)} loads the compiled part {shown(value)}, which {how}",
                        operator.offset, member=operator.place,
                    )  # fmt: skip


def _embedded(value: str) -> bool:
    # Embedded programs are bytes, and long; names of files are neither.
    return not value.isprintable() or len(value) >= TEXT_KEPT


RULE = Rule(
    id="onnx-external-path-escape",
    reads=Onnx.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
