"""The pickle imports a module or looks up an object by a name it passes along.

## Why it matters

With `importlib.import_module` or `pkgutil.resolve_name` a pickle reaches any function without ever naming it where a
scanner looks, and importing a module already runs it.

## Example

`pkgutil.resolve_name("os:system")` in place of `os.system`.

## Remedy

Do not load the file, on any machine. Ask its publisher for the weights in a format without code (safetensors,
ONNX), and treat a machine that has loaded it as taken over.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- GHSA-vvpj-8cmc-gx39: https://github.com/advisories/GHSA-vvpj-8cmc-gx39
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
    yield from judge(view).of("pickle-imports-module")


RULE = Rule(
    id="pickle-imports-module",
    reads=Pickle.kind,
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
