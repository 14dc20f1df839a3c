"""A tensor has another shape than the configuration beside it asks for.

## Why it matters
Readers allocate by the configuration and copy by the file, or the other way round. Libraries in Python refuse such a
pair; servers in C++ have read and written beside their memory. It also shows that weights and configuration do not
belong together: one of them was exchanged.

## Example
`"hidden_size": 4096` beside a `model.embed_tokens.weight` of `[32000, 2048]`; fewer rows than `"vocab_size"`.

## Remedy
Fetch both again from the author. Do not load them with checks of the size turned off (`ignore_mismatched_sizes`).

## References
transformers, the configurations of the architectures. CWE-131, Incorrect Calculation of Buffer Size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.knowledge.text import shown
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.architectures import misfits


def check(view: Repository) -> Iterator[Hit]:
    """Of each folder the first tensor of each sort that does not fit, and how many there are."""
    for model in view.models:
        found: dict[str, list[Hit]] = {}
        for path, tensors in model.weights.items() if model.path else ():
            for tensor, expected in misfits(model, tensors):
                is_now = "[" + ", ".join(f"{axis:,}" for axis in tensor.shape) + "]"
                message = f"{shown(tensor.name)} is {is_now}, where the configuration asks for {expected}"
                found.setdefault(expected.pattern, []).append(Hit(message, member=path))
        for hits in found.values():
            more = f" (and {len(hits) - 1} more such)" if len(hits) > 1 else ""
            yield replace(hits[0], message=hits[0].message + more)


RULE = Rule(
    id="weights-wrong-shape",
    reads=Repository.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.BROKEN_WEIGHTS,
    check=check,
    doc=__doc__,
)
