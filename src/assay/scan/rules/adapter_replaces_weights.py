"""An adapter brings weights of the base model that its configuration does not announce.

## Why it matters
An adapter adds small matrices to a base model that was reviewed. Files with whole tensors of the base model replace
those when they are loaded, by their name, without a word: what then runs is no longer the base model.

## Example
`base_model.model.model.layers.3.mlp.down_proj.weight` in an adapter whose `modules_to_save` is `null`.

## Remedy
Do not merge it. Ask for an adapter that holds its own matrices only, or names what it replaces in `modules_to_save`.

## References
PEFT, *LoRA*: `modules_to_save`, `bias`. MITRE ATLAS AML.T0018, Manipulate AI Model.
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
from assay.scan.surroundings.models import Section

_BASE: Final = re.compile(r"base_model\.model\.(?P<name>.+)\.weight")
#: Parts of names that PEFT itself writes, or that it saves unasked: embeddings, heads, norms are small or announced.
_OWN: Final = re.compile(
    r"lora|ia3|vera|hada|lokr|oft|boft|prompt|modules_to_save|original_module|trainable_tokens|token_adapter|magnitude"
    r"|adapter|embed|lm_head|score|classifier|norm|wte|wpe|output_layer|pooler|summary|qa_outputs|head"
)


def check(view: Repository) -> Iterator[Hit]:
    """Per file the first such tensor."""
    for model in view.models:
        if model.adapter is None or model.adapter.text("peft_type").upper() != "LORA":
            continue
        announced = _announced(model.adapter)
        for path, tensors in model.weights.items():
            if not any(".lora_" in tensor.name for tensor in tensors):
                continue
            names = [tensor.name for tensor in tensors if _replaces(tensor.name, announced)]
            if names:
                more = f" and {len(names) - 1} more" if len(names) > 1 else ""
                yield Hit(f"it replaces {shown(names[0])}{more} of the base model", member=path)


def _announced(adapter: Section) -> tuple[str, ...]:
    saved = adapter.entries.get("modules_to_save")
    return tuple(name for name in saved if isinstance(name, str)) if isinstance(saved, list) else ()


def _replaces(name: str, announced: tuple[str, ...]) -> bool:
    found = _BASE.fullmatch(name)
    if found is None or _OWN.search(found["name"]):
        return False
    return not any(found["name"].endswith(one) for one in announced)


RULE = Rule(
    id="adapter-replaces-weights",
    reads=Repository.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.ALTERED_MODEL,
    check=check,
    doc=__doc__,
)
