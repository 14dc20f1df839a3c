"""A Python file executes code that it hides from readers or downloads.

## Why it matters
Text that is decoded from Base64, decompressed or fetched from the network and then given to `exec` is written so that
nobody who reads the file sees what it does. Honest code has no reason for it.

## Example
`exec(zlib.decompress(base64.b64decode("…")))`.

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

_KINDS: Final = frozenset({Does.HIDDEN, Does.DOWNLOADED})
#: By which honest code, too, makes functions of what it is given.
_LOADERS: Final = frozenset({"types.FunctionType", "types.CodeType"})


def check(view: Python) -> Iterator[Hit]:
    """Effects of these kinds."""
    for effect in view.effects:
        shown = bool(effect.detail) or effect.target not in _LOADERS
        found = severity_of(effect.does, effect.when, shown=shown) if effect.does in _KINDS else None
        if found is not None:
            yield Hit(f"it {says(effect)}", line=effect.line, severity=found[0], confidence=found[1])


RULE = Rule(
    id="python-hides-code",
    reads=Python.kind,
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
