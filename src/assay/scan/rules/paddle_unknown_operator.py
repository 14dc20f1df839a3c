"""A PaddlePaddle program uses an operator that PaddlePaddle does not have.

## Why it matters

Operators that are not among PaddlePaddle's own come from a custom library that is loaded first and can do anything,
or from a version newer than assay's list.

## Example

An operator of type ``my_exec``.

## Remedy

Find out which library has the operator, and whether you trust who made it.

## References

- https://www.paddlepaddle.org.cn/documentation/docs/en/guides/custom_op/index_en.html
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.paddle import Paddle
from assay.scan.knowledge import words
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule
from assay.scan.rules.paddle_file_operator import READING, TALKING, WRITING
from assay.scan.rules.paddle_python_operator import PYTHON


def check(view: Paddle) -> Iterator[Hit]:
    """Yield each unknown operator, once."""
    known = words.names("paddle") | PYTHON | READING | WRITING | TALKING
    seen = set()
    for operator in view.operators:
        if operator.name.removesuffix("_grad") not in known and operator.name not in seen:
            seen.add(operator.name)
            yield Hit(f"uses {shown(operator.name)}, which is no operator of PaddlePaddle", operator.offset)


RULE = Rule(
    id="paddle-unknown-operator",
    reads=Paddle.kind,
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
