"""An adapter's matrices have another rank than its configuration says.

## Why it matters
The rank limits how much an adapter can change. Matrices of a higher rank than declared carry more than a review goes
by; loaders that allocate by the configuration and copy by the file break or read beside their memory.

## Example
`"r": 8` in `adapter_config.json`, and `lora_A.weight` of `[64, 4096]`.

## Remedy
Ask the author for an adapter that fits its configuration. Compare its effect with `assay scan --against`.

## References
PEFT, *LoRA*: `r`, `rank_pattern`. E. Hu et al., *LoRA: Low-Rank Adaptation of Large Language Models*, 2021.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.knowledge.text import shown
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.models import Outline, Section

_PAIR: Final = re.compile(r"(?P<module>.+)\.lora_(?P<side>[AB])(?:\.[\w-]+)?\.weight")


def check(view: Repository) -> Iterator[Hit]:
    """Per file the first matrix of a rank that is neither declared nor shared out among experts."""
    for model in view.models:
        adapter = model.adapter
        ranks = set() if adapter is None else _ranks(adapter)
        if adapter is None or not ranks:
            continue
        for path, tensors in model.weights.items():
            ranked = [(tensor, rank) for tensor in tensors if (rank := _rank(tensor)) is not None]
            wrong = [(tensor, rank) for tensor, rank in ranked if not _fits(rank, ranks, adapter)]
            if wrong:
                tensor, rank = wrong[0]
                more = f" (and {len(wrong) - 1} more such)" if len(wrong) > 1 else ""
                said = ", ".join(map(str, sorted(ranks)))
                yield Hit(
                    f"{shown(tensor.name)} has rank {rank:,}, where the configuration says {said}{more}", member=path
                )


def _ranks(adapter: Section) -> set[int]:
    """Every rank that the configuration speaks of; none when it is no plain LoRA."""
    rank = adapter.whole("r")
    if adapter.text("peft_type").upper() != "LORA" or rank is None:
        return set()
    pattern = adapter.below("rank_pattern")
    others = [] if pattern is None else [pattern.whole(key) for key in pattern.entries]
    return {rank, *(other for other in others if other is not None)}


def _rank(tensor: Outline) -> int | None:
    found = _PAIR.fullmatch(tensor.name)
    if found is None or len(tensor.shape) < 2 or not tensor.real:
        return None
    return tensor.shape[0 if found["side"] == "A" else 1]


def _fits(rank: int, ranks: set[int], adapter: Section) -> bool:
    # Of parameters that hold all experts of a layer, the matrices of all stand in one.
    shared = bool(adapter.entries.get("target_parameters"))
    return rank in ranks or (shared and any(rank % one == 0 for one in ranks))


RULE = Rule(
    id="adapter-wrong-rank",
    reads=Repository.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
