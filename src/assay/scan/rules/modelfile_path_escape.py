"""An Ollama recipe takes a model or an adapter from outside of its folder.

## Why it matters
`ollama create` reads the files that the recipe names, keeps them, and uploads them with `ollama push`. A path to a file
that is no model hands that file on; one that climbs out of the folder takes a model that did not come with the recipe.

## Example
`ADAPTER ../../../etc/shadow` in a `Modelfile`.

## Remedy
Put model and adapter beside the recipe. Do not create a model from a recipe whose paths lead elsewhere.

## References
Ollama, *Modelfile*: `FROM`, `ADAPTER`. CVE-2024-37032, CVE-2024-39722 (files read through Ollama). CWE-22.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.text import Text
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.modelfile import Source, sources
from assay.scan.surroundings.paths import leaves

_MODEL: Final = re.compile(r".*\.(?:gguf|ggml|safetensors|bin|pt|pth)", re.IGNORECASE)
_SYSTEM: Final = re.compile(r"/(?:etc|proc|sys|dev|root|var|run|boot)(?:/|$)|.*/\.(?:ssh|aws|config|kube|docker|ollama)(?:/|$)")  # fmt: skip  # noqa: E501 - one pattern


def check(view: Text) -> Iterator[Hit]:
    """Paths that leave the folder: the worse, the less they look like a model of one's own."""
    for source in sources(view):
        if leaves(source.place):
            message = f"{source.word} {shown(source.place)} leads out of the recipe's folder"
            yield Hit(message, line=source.line, severity=_severity(source))


def _severity(source: Source) -> Severity:
    plain = source.place.replace("\\", "/")
    if _SYSTEM.match(plain):
        return Severity.HIGH
    climbs = plain.split("/").count("..")
    if not climbs:  # a path of whoever wrote the recipe, on their own machine
        return Severity.LOW
    if not _MODEL.fullmatch(plain) and (climbs > 1 or source.word == "ADAPTER"):
        return Severity.HIGH
    return Severity.MEDIUM if climbs > 1 else Severity.LOW


RULE = Rule(
    id="modelfile-path-escape",
    reads=Text.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
