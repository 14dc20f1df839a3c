"""A PaddlePaddle program reads or writes files, or talks to other machines, while it runs.

## Why it matters

Operators such as ``save``, ``load`` and ``read_file`` open the path that stands in the program; ``send`` and
``recv`` talk to an address. An inference program gets its parameters from the loader and needs none of them.

## Example

An operator ``save_combine`` with ``file_path`` = ``../../home/user/.ssh/authorized_keys``.

## Remedy

Do not run the program. Programs that only initialise or store parameters should be replaced by an exported
inference model.

## References

- https://www.paddlepaddle.org.cn/documentation/docs/en/api/paddle/static/save_inference_model_en.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.paddle import Paddle
from assay.scan.knowledge.paths import escape
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

READING: Final = frozenset({"load", "load_combine", "read_file", "create_recordio_file_reader", "open_files"})
WRITING: Final = frozenset({"save", "save_combine", "dump"})
TALKING: Final = frozenset(
    {"send", "recv", "send_v2", "recv_v2", "listen_and_serv", "heter_listen_and_serv", "send_and_recv", "gen_nccl_id"}
)


def check(view: Paddle) -> Iterator[Hit]:
    """Yield each such operator with what it names."""
    for operator in view.operators:
        named = ", ".join(shown(value) for _, value in operator.texts)
        outside = any(escape(value) for _, value in operator.texts)
        if operator.name in WRITING:
            severity = Severity.HIGH if outside else None
            yield Hit(f"operator {shown(operator.name)} writes {named or 'a file'}", operator.offset, severity=severity)
        elif operator.name in READING:
            severity = Severity.HIGH if outside else Severity.LOW
            yield Hit(f"operator {shown(operator.name)} reads {named or 'a file'}", operator.offset, severity=severity)
        elif operator.name in TALKING:
            yield Hit(f"operator {shown(operator.name)} talks to {named or 'other processes'}", operator.offset)


RULE = Rule(
    id="paddle-file-operator",
    reads=Paddle.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
