"""A script is named as if it were something else.

## Why it matters
A file that begins with `#!` or `@echo off` runs when it is started, whatever it is called. Named as weights or a
picture it passes whoever goes by names.

## Example
`model.bin` whose first line is `#!/bin/sh`.

## Remedy
Read it. If it is honest, give it a script's name; if not, treat the rest of the folder as suspect.

## References
MITRE ATLAS AML.T0074, Masquerading; AML.T0018.002, Embed Malware.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.program.script import Script
from assay.scan.endings import ending, promises_no_text
from assay.scan.rule import Hit, Rule


def check(view: Script) -> Iterator[Hit]:
    """Scripts whose name does not say so."""
    if not view.openly_named:
        suffix = ending(view.name)
        severity = None if promises_no_text(suffix) else Severity.LOW
        yield Hit(f"it is a script for {view.interpreter!r} named {suffix or view.name!r}", 0, severity=severity)


RULE = Rule(
    id="program-script",
    reads=Script.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
