"""The pickle executes Python or native code that it brings along.

## Why it matters

The pickle hands a text, a code object or a function to something that runs it, while it is loaded: the code can do
anything the loading process can.

## Example

`builtins.exec("import socket; …")`, `timeit.timeit("…")`, `sympy.sympify("…")`, `types.FunctionType(code, …)()`.

## Remedy

Do not load the file, on any machine. Ask its publisher for the weights in a format without code (safetensors,
ONNX), and treat a machine that has loaded it as taken over.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- Advisories of another one: https://github.com/trailofbits/fickling/security/advisories
- The Art of Hide and Seek: making pickle-based model supply chain poisoning stealthy: https://arxiv.org/abs/2508.19774
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
    yield from judge(view).of("pickle-executes-code")


RULE = Rule(
    id="pickle-executes-code",
    reads=Pickle.kind,
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
