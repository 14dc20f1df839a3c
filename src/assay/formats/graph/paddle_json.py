"""PaddlePaddle 3 programs: the same operators as JSON (``magic`` = ``pir``)."""

from __future__ import annotations

from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.paddle import Paddle, keep_operator
from assay.formats.source import Source
from assay.formats.tree.document import Value, read_json
from assay.formats.view import NotThisFormat

#: What is short for an operator's own parts: parameters and the like.
_PLAIN: Final = frozenset({"p"})


def read(source: Source, budget: Budget, name: str) -> Paddle:
    """See :class:`assay.formats.signature.Reader`."""
    try:
        document = read_json(source, budget)
    except FormatError as error:
        raise NotThisFormat(error.what, offset=error.offset) from error
    base = document.get("base_code") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(base, dict) or base.get("magic") != "pir":
        raise NotThisFormat("it is JSON, but no program of Paddle")
    view = Paddle(name)
    waiting: list[Value] = [document.get("program")]
    steps = 0
    while waiting:
        steps += 1
        if steps % 4096 == 0:
            budget.check_time()
        value = waiting.pop()
        if isinstance(value, dict):
            if "I" in value or "O" in value:
                _operator(view, value, budget)
            waiting.extend(item for item in value.values() if isinstance(item, dict | list))
        elif isinstance(value, list):
            waiting.extend(item for item in value if isinstance(item, dict | list))
    return view


def _operator(view: Paddle, value: dict[str, Value], budget: Budget) -> None:
    kind = value.get("#")
    if not isinstance(kind, str) or kind in _PLAIN:
        return
    budget.spend_members()
    texts: list[tuple[str, str]] = []
    attributes = value.get("A")
    for attribute in attributes if isinstance(attributes, list) else []:
        content = attribute.get("AT") if isinstance(attribute, dict) else None
        if isinstance(attribute, dict) and isinstance(content, dict):
            name, text = attribute.get("N"), content.get("D")
            if isinstance(name, str) and isinstance(text, str) and len(texts) < 64:
                texts.append((name[:400], text[:4096]))
    # A number before the name says whose operator it is.
    keep_operator(view, kind.rpartition(".")[2][:400], 0, texts)
