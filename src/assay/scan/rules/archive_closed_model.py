"""An archive holds a model that nobody can look at before it is unpacked.

## Why it matters
What is encrypted, or packed by a method that scanners do not know, passes all of them. Whoever sends it tells the
password or the tool beside it, and the model is first seen when it is loaded. The file is one of which nothing can be
told; that it holds a model by its name makes it a finding.

## Example
`model.7z` with an encrypted `model.pkl`; `weights.pt.lz`.

## Remedy
Unpack it where nothing is loaded, scan what comes out, and pass that on in place of the archive.

## References
MITRE ATLAS AML.T0074. OWASP LLM03:2025. ReversingLabs, *nullifAI* (2025): models in 7z archives, which a hub's scanner
did not open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, shown
from assay.scan.rule import Hit, Rule

_MODEL: Final = re.compile(
    r".*\.(?:pkl|pickle|joblib|dill|pt|pth|pt2|ckpt|bin|npy|npz|h5|hdf5|keras|onnx|pb|tflite|pte|safetensors|gguf|ggml|skops"
    r"|mar|nemo|msgpack|mlmodel|model|engine|params|pdparams|pdmodel|t7|rds|rda)",
    re.IGNORECASE,
)


def check(view: Archive) -> Iterator[Hit]:
    """Each such member."""
    for name, offset in view.closed:
        if _MODEL.fullmatch(name):
            yield Hit(f"{shown(name)} cannot be inspected where it is", offset, member=name[:200])


RULE = Rule(
    id="archive-closed-model",
    reads=Archive.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
