"""The index places a tensor in a shard that does not hold it, or counts other bytes than there are.

## Why it matters
A loader that does not find a tensor makes one up, at random, and only warns. The index and the files were not written
together: one of them was exchanged or edited.

## Example
`"lm_head.weight": "model-00002-of-00002.safetensors"`, and no such tensor in that file.

## Remedy
Fetch the files again. Write the index anew from the files (`save_pretrained`) when they are what they should be.

## References
transformers, *Sharded checkpoints*: `weight_map` and `metadata.total_size`.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.knowledge.text import shown
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.models import Index, Model


def check(view: Repository) -> Iterator[Hit]:
    """Tensors that are missing in shards that are there; the sum, when all shards are there."""
    for model in view.models:
        for index in model.indexes:
            there = sorted(index.files.keys() & model.weights.keys())
            for path in there:
                missing = sorted(index.files[path] - {tensor.name for tensor in model.weights[path]})
                if missing:
                    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
                    yield Hit(f"the index places {shown(missing[0])}{more} in it, which it does not hold", member=path)
            if index.files and len(there) == len(index.files):
                yield from _sum(model, index)


def _sum(model: Model, index: Index) -> Iterator[Hit]:
    sizes = [tensor.size for path in index.files for tensor in model.weights[path]]
    known = [size for size in sizes if size is not None]
    if index.total is None or len(known) != len(sizes) or sum(known) == index.total:
        return
    message = f"it counts {index.total:,} bytes of tensors, the shards hold {sum(known):,}"
    yield Hit(message, member=index.path, severity=Severity.INFO)


RULE = Rule(
    id="index-missing-tensor",
    reads=Repository.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
