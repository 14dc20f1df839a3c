"""A GGUF file's tensors do not have the sizes that its own metadata state.

## Why it matters
A GGUF file carries its configuration with it. Runtimes in C++ allocate by it and copy by the table of tensors; pairs
that do not fit have been read and written beside memory. Blocks beyond the count are weights that one runtime uses and
another does not.

## Example
`llama.block_count` of 32 and a tensor `blk.32.attn_q.weight`; 50,000 tokens and 32,000 rows of `token_embd.weight`.

## Remedy
Convert the model again from its source, or get the file from its author.

## References
GGUF specification, *Standardized key-value pairs*. CVE-2024-21802, CVE-2024-21836 (heap overflows in readers of GGUF).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.gguf import Array, Entry, Gguf, Text
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

_BLOCK: Final = re.compile(r"blk\.(\d{1,6})\.")
_FURTHER: Final = re.compile(r"nextn|mtp")
_TOKENS: Final = "tokenizer.ggml.tokens"
_EMBEDDING: Final = "token_embd.weight"


def check(view: Gguf) -> Iterator[Hit]:
    """Blocks beyond the count, lists that are too short, embeddings of another width or for other tokens."""
    found = view.values.get("general.architecture")
    if not isinstance(found, Text):
        return
    yield from _blocks(view, found.text)
    yield from _lists(view)
    for entry in view.entries:
        if entry.name == _EMBEDDING and len(entry.shape) == 2:
            yield from _embedding(view, found.text, entry)


def _blocks(view: Gguf, architecture: str) -> Iterator[Hit]:
    count = _whole(view, f"{architecture}.block_count")
    if count is None:
        return
    stacks = [number for key in view.values if key.startswith(f"{architecture}.") and (number := _counted(view, key))]
    most = max([count, *stacks]) + sum(
        _whole(view, key) or 0 for key in view.values if key.startswith(architecture) and _FURTHER.search(key)
    )
    extra = [entry for entry in view.entries if (block := _BLOCK.match(entry.name)) and int(block[1]) >= most]
    if extra:
        more = f" and {len(extra) - 1:,} more tensors" if len(extra) > 1 else ""
        message = f"it holds {shown(extra[0].name)}{more} where its metadata count {count:,} blocks"
        yield Hit(message, extra[0].offset, member=extra[0].name)


def _lists(view: Gguf) -> Iterator[Hit]:
    """Runtimes read as many scores and types as there are tokens."""
    tokens = view.values.get(_TOKENS)
    for key in ("tokenizer.ggml.scores", "tokenizer.ggml.token_type"):
        value = view.values.get(key)
        if isinstance(tokens, Array) and isinstance(value, Array) and value.count < tokens.count:
            yield Hit(f"{key} has {value.count:,} entries for {tokens.count:,} tokens", member=key)


def _embedding(view: Gguf, architecture: str, entry: Entry) -> Iterator[Hit]:
    rows, width = entry.shape
    said = _whole(view, f"{architecture}.embedding_length")
    widths = {_whole(view, key) for key in view.values if key.startswith(architecture) and "length" in key}
    if said is not None and width not in widths:
        message = f"{shown(_EMBEDDING)} is {width:,} wide, where its metadata say {said:,}"
        yield Hit(message, entry.offset, member=entry.name)
    tokens = view.values.get(_TOKENS)
    if isinstance(tokens, Array) and tokens.count > rows:
        message = f"{shown(_EMBEDDING)} has {rows:,} rows for {tokens.count:,} tokens"
        yield Hit(message, entry.offset, member=entry.name)


def _counted(view: Gguf, key: str) -> int:
    return (_whole(view, key) or 0) if key.endswith("block_count") else 0


def _whole(view: Gguf, key: str) -> int | None:
    value = view.values.get(key)
    return value if isinstance(value, int) and value > 0 else None


RULE = Rule(
    id="gguf-inconsistent-sizes",
    reads=Gguf.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
