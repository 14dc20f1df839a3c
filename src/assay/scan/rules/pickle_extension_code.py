"""The pickle fetches a name by a number that only the loading process can resolve.

## Why it matters

Extension codes stand for names in a registry that other code fills (`copyreg.add_extension`). No honest model uses
them; what the number means cannot be read from the file.

## Example

`EXT1 7`, after another pickle in the stream has registered `os.system` as number 7.

## Remedy

Do not load the file, on any machine. Ask its publisher for the weights in a format without code (safetensors,
ONNX), and treat a machine that has loaded it as taken over.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- PEP 307, extension registry: https://peps.python.org/pep-0307/
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.view import Pickle
from assay.scan.pickles.judgement import judge
from assay.scan.rule import Hit, Rule


def check(view: Pickle) -> Iterator[Hit]:
    """What :mod:`assay.scan.pickles` found for this rule."""
    yield from judge(view).of("pickle-extension-code")


RULE = Rule(
    id="pickle-extension-code",
    reads=Pickle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
