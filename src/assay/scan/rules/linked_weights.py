"""A file of weights that a model reads is a link to a file elsewhere.

## Why it matters
A model may name a file of raw numbers beside it. When that file is a symbolic link, the loader reads whatever the link
points to: a key, a password file, another customer's data. It ends up in the model's tensors, and from there in what
the model is saved as or answers. Checks of the *name* do not see it.

## Example
`model.onnx` reads `weights.bin`, and `weights.bin -> /etc/passwd`.

## Remedy
Put the file itself there. Do not load a model that came with a link in it.

## References
CVE-2026-34447 (ONNX: external data through a symbolic link).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule


def check(view: Repository) -> Iterator[Hit]:
    """Links among the weights, but for a cache in which the model itself is such a link."""
    for path, facts in view.facts_by_path.items():
        for fact in facts:
            beside = str(PurePosixPath(path).parent / fact.value)
            target = view.links.get(beside) if fact.kind == "weights" else None
            if target is None:
                continue
            if _home(target) != _home(view.links.get(path, "")):
                yield Hit(f"it reads {fact.value!a}, which is a link to {target!a}", fact.offset, path)


def _home(place: str) -> str:
    return place.rpartition("/")[0]


RULE = Rule(
    id="linked-weights",
    reads=Repository.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
