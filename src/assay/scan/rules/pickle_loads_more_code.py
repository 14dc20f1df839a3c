"""The pickle loads another pickle, a model or code from elsewhere.

## Why it matters

What is loaded next is a program again, and may lie in bytes that were packed or encoded to hide it, in another
file, or on somebody's server, where it can change after every inspection. Tensors that were pickled without
`torch.save` hold their numbers that way; those bytes are inspected by themselves and told as information only.

## Example

`pickle.loads(base64.b64decode("…"))`, `torch.hub.load("owner/repository", "model")`, `joblib.load("/tmp/x")`.

## Remedy

Do not load the file. Unpack what it would load, inspect that as well, and ask the publisher for a format without code.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- The Art of Hide and Seek: making pickle-based model supply chain poisoning stealthy: https://arxiv.org/abs/2508.19774
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.view import Pickle
from assay.scan.pickles.judgement import judge
from assay.scan.rule import Hit, Rule


def check(view: Pickle) -> Iterator[Hit]:
    """What :mod:`assay.scan.pickles` found for this rule."""
    yield from judge(view).of("pickle-loads-more-code")


RULE = Rule(
    id="pickle-loads-more-code",
    reads=Pickle.kind,
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
