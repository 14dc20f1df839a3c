"""A shard holds a tensor that the index does not place there.

## Why it matters
The index says which tensor lies in which file. Some loaders go by the index, others take all that the files hold: with
a tensor that stands in another shard as well, or in none that the index names, they end with different models. A review
that goes by the index sees the harmless one.

## Example
`model-00002-of-00002.safetensors` holds `model.layers.5.mlp.down_proj.weight`; the index places it in the first file.

## Remedy
Write the index anew from the files (`save_pretrained`), and compare the result with the base model.

## References
transformers, *Sharded checkpoints*. MITRE ATLAS AML.T0018.
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

#: What libraries compute anew or keep beside the weights: older versions wrote them, newer ones do not list them.
_COMPUTED: Final = re.compile(
    r"(?:.*\.)?(?:inv_freq|position_ids|masked_bias|attn\.bias|attention\.bias|num_batches_tracked|cos_cached|sin_cached"
    r"|[a-z_]*_scales?(?:_inv)?|scales|biases|zeros|qzeros|g_idx)"
)
#: An index of which so much is wrong was written for other files.
_STALE: Final = 0.5


def check(view: Repository) -> Iterator[Hit]:
    """Such tensors, those that the index places in another file first."""
    for model in view.models:
        for index in model.indexes:
            listed = {name: path for path, names in index.files.items() for name in names}
            for path in sorted(index.files.keys() & model.weights.keys()):
                names = {tensor.name for tensor in model.weights[path]}
                other = sorted(names - index.files[path])
                moved = [name for name in other if name in listed]
                unknown = [name for name in other if name not in listed and not _COMPUTED.fullmatch(name)]
                stale = len(moved) + len(unknown) > _STALE * len(names)
                severity = Severity.LOW if stale else None
                if moved:
                    where = listed[moved[0]].rpartition("/")[2]
                    message = f"it holds {shown(moved[0])}{_more(moved)}, which the index places in {shown(where)}"
                    yield Hit(message, member=path, severity=severity)
                if unknown:
                    message = f"it holds {shown(unknown[0])}{_more(unknown)}, of which the index knows nothing"
                    yield Hit(message, member=path, severity=severity)


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""


RULE = Rule(
    id="index-unlisted-tensor",
    reads=Repository.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.ALTERED_MODEL,
    check=check,
    doc=__doc__,
)
