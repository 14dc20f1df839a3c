"""A native program is named as if it were something else.

## Why it matters
A name that hides a program has one purpose: to be let through, and to be started or loaded by something that knows.
No loader of models needs it.

## Example
`pytorch_model.bin` that begins with `7f 45 4c 46`: an ELF executable.

## Remedy
Do not touch it. Find out how it came there, and treat the rest of the folder as suspect.

## References
MITRE ATLAS AML.T0074, Masquerading; AML.T0018.002, Embed Malware.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.program.image import Role
from assay.formats.program.program import Program
from assay.scan.endings import ending, promises_no_program
from assay.scan.rule import Hit, Rule


def check(view: Program) -> Iterator[Hit]:
    """Programs whose name does not say so."""
    if view.openly_named:
        return
    image = view.image
    suffix = ending(view.name)
    what = f"{image.form} ({image.role.value})"
    if promises_no_program(suffix):
        yield Hit(f"it is named {suffix}, as no program is, and it is {what}", 0)
    elif not suffix and image.role is not Role.EXECUTABLE:  # commands on Unix have no ending
        yield Hit(f"its name has no ending, and it is {what}", 0)
    else:
        severity = Severity.LOW if not suffix or image.role is Role.BYTECODE else Severity.MEDIUM
        yield Hit(f"its name does not say so, but it is {what}", 0, severity=severity)


RULE = Rule(
    id="program-in-disguise",
    reads=Program.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
