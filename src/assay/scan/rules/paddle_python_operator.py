"""A PaddlePaddle program calls Python.

## Why it matters

The operators ``py_func`` and ``pylayer`` call back into Python: a function that the loading process registered runs
at every step, with the program deciding which one and with what. A program for inference has no use for them.

## Example

An operator of type ``py_func`` in the first block of a ``.pdmodel``.

## Remedy

Do not load the program. Ask for one that was exported for inference.

## References

- https://www.paddlepaddle.org.cn/documentation/docs/en/api/paddle/static/py_func_en.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.paddle import Paddle
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

PYTHON: Final = frozenset({"py_func", "pyfunc", "py_layer", "pylayer", "create_py_reader"})


def check(view: Paddle) -> Iterator[Hit]:
    """Yield each such operator."""
    for operator in view.operators:
        if operator.name in PYTHON:
            yield Hit(f"operator {shown(operator.name)} calls Python", operator.offset)


RULE = Rule(
    id="paddle-python-operator",
    reads=Paddle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
