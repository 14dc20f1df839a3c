"""A Torch7 file holds compiled Lua functions.

## Why it matters

A function is stored as Lua bytecode. Lua does not verify bytecode: loading a crafted one corrupts memory, and an
ordinary one does whatever it was written to do when the model calls it.

## Example

A table with the key ``forward`` and a function that calls ``os.execute``.

## Remedy

Do not load the file. Ask for the weights alone, or for a model made of classes of ``nn``.

## References

- https://github.com/torch/torch7/blob/master/doc/serialization.md
- https://www.lua.org/manual/5.2/manual.html#pdf-load (maliciously crafted binary chunks)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import CODE, COMMAND, LIBRARY
from assay.formats.tree.torch7 import Torch7
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule


def check(view: Torch7) -> Iterator[Hit]:
    """Yield each function."""
    for function in view.functions:
        telling = [mention for mention in function.mentions if mention.kind in {CODE, COMMAND, LIBRARY}]
        named = f" and names {shown(telling[0].word)}" if telling else ""
        yield Hit(
            f"holds a compiled Lua function of {function.size:,} bytes, which runs when the model is used{named}",
            function.offset, severity=Severity.CRITICAL if telling else None,
        )  # fmt: skip


RULE = Rule(
    id="torch7-function",
    reads=Torch7.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
