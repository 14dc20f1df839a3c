"""A file of weights holds layers that the configuration does not count.

## Why it matters
The configuration says how many layers a model has. Layers beyond that are weights which the loader you tested with does
not use, and another one may: code that comes with the model, a server with its own reader, a configuration that is
changed later. They are a place for a second behaviour, or for data that nobody looks at.

## Example
`model.layers.32.self_attn.q_proj.weight` beside a `config.json` with `"num_hidden_layers": 32`.

## Remedy
Ask the author what the layers are for. Compare with the base model (`assay scan --against`), or remove them.

## References
transformers, `num_hidden_layers` and its kin; `num_nextn_predict_layers` counts the layers that predict further tokens.
CWE-1395. MITRE ATLAS AML.T0018.001, Modify AI Model Architecture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.models import Model, Section, numbered

_COUNTS: Final = (
    "num_hidden_layers", "n_layer", "num_layers", "n_layers", "num_decoder_layers", "decoder_layers",
    "encoder_layers", "num_encoder_layers", "num_blocks", "n_blocks",
)  # fmt: skip
_FURTHER: Final = re.compile(r"nextn|mtp|eagle|medusa")
#: What stands before the number of a layer of the network that the configuration is about.
_PLAIN: Final = re.compile(
    r"(?:(?:model|transformer|backbone|gpt_neox|model\.decoder|transformer\.encoder|distilbert\.transformer)\.)?"
    r"(?:layers?|h|blocks?)|(?:(?:bert|roberta|electra|vit|deit|esm)\.)?encoder\.layer"
)
#: The same of those with an encoder and a decoder, by what counts them; others call so what is no stack of layers.
_HALVES: Final = {
    "encoder_layers": re.compile(r"(?:model\.)?(?:encoder|decoder)\.layers"),
    "decoder_layers": re.compile(r"(?:model\.)?(?:encoder|decoder)\.layers"),
    "num_decoder_layers": re.compile(r"(?:encoder|decoder)\.block"),
}
_PART: Final = re.compile(r"(?:language_model\.model|model\.language_model|language_model)\.layers")


def check(view: Repository) -> Iterator[Hit]:
    """Layers beyond the last that is counted, of the kind that the others are."""
    for model in view.models:
        counted = _counted(model.config)
        if counted is None or not model.weights:
            continue
        most, stack = counted
        path, extra = _extra(model, stack, most)
        if extra:
            listed = ", ".join(extra[:4])
            more = f" and {len(extra) - 4} more (some in other files)" if len(extra) > 4 else ""
            yield Hit(f"it holds the layers {listed}{more}, where the configuration counts {most}", member=path)


def _counted(config: Section) -> tuple[int, re.Pattern[str]] | None:
    """How many layers there are, and how they are called; ``None`` when that does not show."""
    if config.text("_class_name") or not config.text("model_type"):
        return None
    part = config.below("text_config", "llm_config", "language_config")
    section = part or config
    if part is None and config.sections and not config.whole(*_COUNTS):
        return None
    counts = [count for key in _COUNTS if (count := section.whole(key)) is not None]
    if not counts:
        return None
    further = [section.whole(key) or 0 for key in section.entries if _FURTHER.search(key)]
    stack = next((stack for key, stack in _HALVES.items() if config.whole(key)), _PLAIN)
    return max(counts) + sum(further), _PART if part is not None else stack


def _extra(model: Model, stack: re.Pattern[str], most: int) -> tuple[str, list[str]]:
    """The layers beyond, and the path of the first."""
    layers: dict[tuple[str, int], set[str]] = {}
    places: dict[tuple[str, int], str] = {}
    for path, tensors in model.weights.items():
        for tensor in tensors:
            found = numbered(tensor.name)
            if found is not None and stack.fullmatch(found[0]):
                layers.setdefault(found[:2], set()).add(found[2])
                places.setdefault(found[:2], path)
    extra: list[tuple[str, int]] = []
    for (prefix, number), names in sorted(layers.items()):
        # What stands at the ends of a sequence under a number may be no layer: it has none of a layer's tensors.
        embedding = layers.get((prefix, 0), set())
        last = most if embedding.isdisjoint(layers.get((prefix, 1), embedding)) else most - 1
        if number > last and names & layers.get((prefix, last), names):
            extra.append((prefix, number))
    return places[extra[0]] if extra else "", [f"{prefix}.{number}" for prefix, number in extra]


RULE = Rule(
    id="weights-extra-layers",
    reads=Repository.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.ALTERED_MODEL,
    check=check,
    doc=__doc__,
)
