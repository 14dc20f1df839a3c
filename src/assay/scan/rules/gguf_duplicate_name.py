"""A key or a tensor stands twice in the file, so two readers see two different models.

## Why it matters
Some readers take the first value of a key, some the last, some refuse the file. With two chat templates one is checked
and the other is used; with two tensors of a name one is measured and the other is multiplied.

## Example
`tokenizer.chat_template` twice: a plain one, and one that runs commands.

## Remedy
Do not use the file. The tools that write GGUF never write a name twice.

## References
The GGUF specification in the ggml repository, `docs/gguf.md`: keys and tensor names are unique.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.gguf import Gguf
from assay.scan.rule import Hit, Rule


def check(view: Gguf) -> Iterator[Hit]:
    """Every repeated name."""
    for key in view.duplicate_keys:
        yield Hit(f"the key {key!r} stands in the file more than once", member=key)
    for name in view.duplicate_names:
        yield Hit(f"the tensor {name!r} stands in the file more than once", member=name)


RULE = Rule(
    id="gguf-duplicate-name",
    reads=Gguf.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
