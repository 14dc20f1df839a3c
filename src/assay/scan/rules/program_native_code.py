"""A native program or library lies among the files.

## Why it matters
It runs with all rights of whoever loads or starts it, and nothing here can say what it does. A Python environment is
full of such libraries; a folder of weights needs none.

## Example
`libcustom_ops.so` beside `model.onnx`.

## Remedy
In an environment: install it from where you trust, with hashes. Beside a model: ask for the source, and build it
yourself.

## References
MITRE ATLAS AML.T0018.002, Embed Malware; OWASP ML06:2023.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.program.image import Role
from assay.formats.program.program import PORTABLE, Program
from assay.scan.rule import Hit, Rule


def check(view: Program) -> Iterator[Hit]:
    """Programs whose name says so."""
    image = view.image
    if view.openly_named and not view.source.read(0, 8).startswith(PORTABLE):
        severity = Severity.INFO if image.role is Role.BYTECODE else None
        on = f" for {image.machine}" if image.machine else ""
        yield Hit(f"it is {image.form} ({image.role.value}){on}, which runs when it is loaded", 0, severity=severity)


RULE = Rule(
    id="program-native-code",
    reads=Program.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
