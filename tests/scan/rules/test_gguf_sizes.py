"""A GGUF file's tensors against its own metadata."""

from __future__ import annotations

import struct

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.source import Memory
from assay.formats.tensor import gguf
from assay.scan.rules import rules_for


def text(value: str) -> bytes:
    """A string with its length."""
    return struct.pack("<Q", len(value)) + value.encode()


def model(
    tensors: dict[str, tuple[int, ...]],
    tokens: int = 10,
    architecture: str = "llama",
    scores: int | None = None,
    **numbers: int,
) -> bytes:
    """A file of 32-bit zeros; the shapes are given with the rows first, and written as GGUF does."""
    keys = [text("general.architecture") + struct.pack("<I", 8) + text(architecture)]
    keys += [text(name.replace("__", ".")) + struct.pack("<II", 4, value) for name, value in numbers.items()]
    keys.append(text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, tokens) + text("a") * tokens)
    if scores is not None:
        keys.append(text("tokenizer.ggml.scores") + struct.pack("<IIQ", 9, 6, scores) + bytes(4 * scores))
    table, place = b"", 0
    for name, shape in tensors.items():
        table += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *reversed(shape), 0, place)
        place += -(-4 * shape[0] * (shape[1] if len(shape) > 1 else 1) // 32) * 32
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)) + b"".join(keys) + table
    return head + bytes(-len(head) % 32) + bytes(place)


SIZES = {"llama__block_count": 2, "llama__embedding_length": 8}
TENSORS: dict[str, tuple[int, ...]] = {
    "token_embd.weight": (10, 8), "blk.0.attn_q.weight": (8, 8), "blk.1.attn_q.weight": (8, 8),
    "output.weight": (10, 8),
}  # fmt: skip


def worst(data: bytes) -> dict[str, Severity]:
    """Rule → severity of all about GGUF."""
    view = gguf.read(Memory(data), Budget(), "m.gguf")
    assert not view.problems
    return {rule.id: hit.severity or rule.severity for rule in rules_for("gguf") for hit in rule.check(view)}


@pytest.mark.parametrize(
    "data",
    [
        model(TENSORS, **SIZES),
        model(TENSORS, tokens=9, **SIZES),
        model(TENSORS, scores=10, **SIZES),
        model({"blk.1.attn_q.weight": (8, 8)}, **SIZES),
        model({**TENSORS, "blk.2.nextn.eh_proj.weight": (8, 8)}, **SIZES, llama__nextn_predict_layers=1),
        model({"v.blk.30.attn_q.weight": (8, 8)}, architecture="clip", clip__vision__block_count=27),
        model({"token_embd.weight": (10, 4)}, architecture="wav", wav__embedding_length=8, wav__features_length=4),
        model({"blk.0.attn_q.weight.lora_a": (4, 8)}),
        model({"enc.blk.5.attn_q.weight": (8, 8), "token_embd.weight": (10, 8)}, architecture="t5", t5__block_count=6),
    ],
)
def test_sizes_that_fit_give_nothing(data: bytes) -> None:
    """Whole models, parts of them, adapters, projectors, and more rows than tokens."""
    assert worst(data) == {}


@pytest.mark.parametrize(
    "data",
    [
        model({**TENSORS, "blk.2.attn_q.weight": (8, 8)}, **SIZES),
        model({**TENSORS, "token_embd.weight": (10, 16)}, **SIZES),
        model({**TENSORS, "token_embd.weight": (7, 8)}, **SIZES),
        model(TENSORS, scores=3, **SIZES),
    ],
)
def test_sizes_that_do_not_fit_are_found(data: bytes) -> None:
    """A block too many, an embedding of another width, fewer rows or scores than tokens."""
    assert worst(data) == {"gguf-inconsistent-sizes": Severity.MEDIUM}
