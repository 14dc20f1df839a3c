"""A Python file sends credentials away, hands out a shell, or plants itself to be started again.

## Why it matters
These are what malware does once it runs: read tokens and keys and post them somewhere, connect a shell to a stranger,
write to a file that is executed at the next login.

## Example
`requests.post(url, data=dict(os.environ))`.

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

_KINDS: Final = frozenset({Does.EXPOSES, Does.SHELL, Does.PLANTS})


def check(view: Python) -> Iterator[Hit]:
    """Effects of these kinds."""
    for effect in view.effects:
        found = severity_of(effect.does, effect.when) if effect.does in _KINDS else None
        if found is not None:
            yield Hit(f"it {says(effect)}", line=effect.line, severity=found[0], confidence=found[1])


RULE = Rule(
    id="python-exposes-data",
    reads=Python.kind,
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
