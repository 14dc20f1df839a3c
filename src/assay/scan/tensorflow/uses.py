"""What a graph holds, operation by operation, with the verdict on it and the words to tell it with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.formats.graph.tensorflow import Operation, TensorFlow
from assay.scan.rule import Hit
from assay.scan.tensorflow.operations import Harm, Verdict, harmful, verdict_on

#: Characters of a text from the file that a message shows.
SHOWN: Final = 80


def hits(view: TensorFlow, *harms: Harm) -> Iterator[Hit]:
    """One hit for each operation that does one of these, at the first of its places."""
    for op, verdict, operation, count in _judged(view):
        if verdict.harm in harms:
            yield Hit(describe(op, verdict, operation, count), operation.offset, place(operation))


def describe(op: str, verdict: Verdict, operation: Operation, count: int) -> str:
    """One sentence about an operation that is not inert."""
    text = operation.given if "given" in verdict.words else None
    given = "" if text is None else f", here {quoted(text)}"
    often = f" ({count:,} times in the file)" if count > 1 else ""
    return f"operation {shown(op)} {verdict.words}{given}{often}"


def place(operation: Operation) -> str:
    """The node's name, with that of its function."""
    return f"{operation.graph}/{operation.node}" if operation.graph else operation.node


def shown(name: str) -> str:
    """A name from the file, made printable and cut."""
    plain = "".join(character if character.isprintable() else "?" for character in name)
    return plain if len(plain) <= SHOWN else plain[:SHOWN] + "…"


def quoted(text: str) -> str:
    """A text from the file, in quotation marks."""
    return f"'{shown(text)}'"


def _judged(view: TensorFlow) -> Iterator[tuple[str, Verdict, Operation, int]]:
    for op, use in view.uses.items():
        verdict = verdict_on(op)
        if verdict is None or (op in view.functions and harmful(op) is None):
            continue
        # A place that shows what it is given says more than the first one.
        first = next((operation for operation in use.places if operation.given), use.places[0])
        yield op, verdict, first, use.count
    for name, operation in view.references.items():
        known = harmful(name)
        if known is not None and name not in view.uses:
            yield name, known, operation, 1
