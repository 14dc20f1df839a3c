"""An ONNX model carries program text.

## Why it matters

Notes, metadata and text attributes of a model are words and numbers. Program text among them is meant for a tool that
evaluates it, or for an operator that hands it on.

## Example

``metadata_props`` with a value ``__import__('os').system('…')``.

## Remedy

Look at the text; remove it, or take the model from another source.

## References

- CWE-506: Embedded Malicious Code; CWE-95: Eval Injection
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import CODE, COMMAND
from assay.formats.graph.onnx_view import Onnx
from assay.scan.knowledge.mentions import told
from assay.scan.rule import Hit, Rule


def check(view: Onnx) -> Iterator[Hit]:
    """Yield code and commands; paths and libraries have rules of their own where they matter."""
    for where, mention in view.mentions:
        if mention.kind in {CODE, COMMAND}:
            yield Hit(f"{where} {told(mention)}", mention.offset, member=where)


RULE = Rule(
    id="onnx-embedded-code",
    reads=Onnx.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
