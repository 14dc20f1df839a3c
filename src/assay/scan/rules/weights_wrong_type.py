"""The numbers have another type than the configuration says.

## Why it matters
Weights in a narrower type than they were trained in have lost precision; in a wider one they take more memory than was
planned for. Nothing runs because of it, but file and configuration were not written together.

## Example
`"torch_dtype": "float32"` beside weights in `float16`.

## Remedy
Ask which of the two is meant. Load with the type that you tested.

## References
transformers, `torch_dtype` (now `dtype`) of a configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.elements import BITS
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule

_MOSTLY: Final = 0.9


def check(view: Repository) -> Iterator[Hit]:
    """Files nine tenths of which are of one other type. Quantised models say so in their configuration."""
    for model in view.models:
        section = model.config.below("text_config", "llm_config", "language_config") or model.config
        said = model.config.text("torch_dtype") or model.config.text("dtype") or section.text("torch_dtype")
        said = said.removeprefix("torch.")
        if said not in BITS or any("quantization" in key for key in {**model.config.entries, **section.entries}):
            continue
        for path, tensors in model.weights.items():
            sizes: Counter[str] = Counter()
            for tensor in tensors:
                if tensor.real:
                    sizes[tensor.dtype] += tensor.size or 0
            dtype, size = sizes.most_common(1)[0] if sizes else (said, 0)
            if dtype != said and size > _MOSTLY * sizes.total():
                narrower = BITS.get(dtype, 0) < BITS[said]
                message = f"its numbers are {dtype}, where the configuration says {said}"
                yield Hit(message, member=path, severity=Severity.LOW if narrower else Severity.INFO)


RULE = Rule(
    id="weights-wrong-type",
    reads=Repository.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
