"""A Python file runs a command as soon as it is imported, or when the model is loaded.

## Why it matters
Loaders import the files that a model brings along; frameworks call the methods they expect in them. What stands there
runs on the machine of whoever loads the model, with all their rights. Models have no use for a shell.

## Example
`import os` and `os.system("…")` at the top of `modeling_x.py`.

## Remedy
Do not import it, and do not load the model it belongs to with remote code allowed. Ask its authors what it is for.

## References
MITRE ATLAS AML.T0010.001, AML.T0011.000. CWE-506, Embedded Malicious Code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.python import Python
from assay.formats.repository.python_effects import Does
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.code import says, severity_of

_KINDS: Final = frozenset({Does.COMMAND})


def check(view: Python) -> Iterator[Hit]:
    """Effects of these kinds."""
    for effect in view.effects:
        found = severity_of(effect.does, effect.when) if effect.does in _KINDS else None
        if found is not None and view.tests and effect.where:
            # A function that asks for a compiler, say, to know whether a test can run.
            yield Hit(f"it {says(effect)}", line=effect.line, severity=Severity.LOW, confidence=found[1])
        elif found is not None:
            yield Hit(f"it {says(effect)}", line=effect.line, severity=found[0], confidence=found[1])


RULE = Rule(
    id="python-runs-command",
    reads=Python.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
