"""A file is a program for every system and may carry a model: a llamafile.

## Why it matters
It is an executable that starts on Windows, macOS, Linux and BSD as it is. Whoever takes it for a model runs native
code that nobody can inspect here; the weights inside need none of it.

## Example
`model.llamafile`, whose first bytes `MZqFpD='` are a Windows program and a shell script at once, with a GGUF in the
zip at its end.

## Remedy
Take the GGUF alone and run it with a program you trust. If you want the llamafile, get it from its maker and check
its signature or digest.

## References
Mozilla llamafile; J. Tunney, "Actually Portable Executable"; MITRE ATLAS AML.T0018.002.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.program.program import PORTABLE, Program
from assay.scan.rule import Hit, Rule


def check(view: Program) -> Iterator[Hit]:
    """Portable executables, named as such or not."""
    if view.source.read(0, 8).startswith(PORTABLE):
        what = (
            "a llamafile: a program for every system that carries a model"
            if view.carries_model
            else ("an Actually Portable Executable: a program for every system, as llamafiles are")
        )
        yield Hit(f"it is {what}", 0, severity=None if view.openly_named else Severity.HIGH)


RULE = Rule(
    id="program-llamafile",
    reads=Program.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
