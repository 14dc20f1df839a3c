"""Compiled Python lies among the files: code without its source.

## Why it matters
Python imports a `.pyc` without looking at any source. It can differ from the source beside it, and nobody reads it.
A cache of "unchecked" hash in `__pycache__` is run in place of its source, whatever that says.

## Example
`handler.pyc` in a model archive, whose code uses `os.system`.

## Remedy
Delete it and let Python compile the source anew; without source, do not use it.

## References
PEP 552; MITRE ATLAS AML.T0011.000; OWASP ML06:2023.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.program.bytecode import Bytecode
from assay.scan.rule import Hit, Rule

#: What Python writes itself beside a source file.
_CACHED = re.compile(r"\.(cpython|pypy)-?\d+(\.opt-\d)?\.py[co]$")
_STARTS = frozenset(
    {"system", "popen", "Popen", "check_output", "check_call", "execv", "execve", "execvp", "spawnv", "startfile"}
)
_RUNS = frozenset({"exec", "eval", "marshal", "CDLL", "socket", "urlopen", "b64decode"})


def check(view: Bytecode) -> Iterator[Hit]:
    """Compiled modules, by what their names reach for."""
    used = sorted(_STARTS & set(view.names)) + sorted(_RUNS & set(view.names))
    does = f", whose code uses {', '.join(used)}" if used else ""
    if not view.openly_named:
        yield Hit(f"it is compiled Python named as something else{does}", 0, severity=Severity.HIGH)
    elif _CACHED.search(view.name):
        if used and view.unchecked:
            worst = Severity.HIGH if _STARTS & set(view.names) else Severity.MEDIUM
            yield Hit(f"it is a cache that Python runs without a look at its source{does}", 0, severity=worst)
        elif _STARTS & set(view.names):
            yield Hit(f"it is Python's own cache of a module{does}", 0, severity=Severity.INFO)
    else:
        severity = Severity.MEDIUM if _STARTS & set(view.names) else None
        yield Hit(f"it is compiled Python without its source{does}", 0, severity=severity)


RULE = Rule(
    id="program-python-bytecode",
    reads=Bytecode.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
