"""An archive that holds a model also holds a native program.

## Why it matters
Weights and configuration need none. A library that lies inside a model is there to be loaded with it: by the model's
own code, by an operator that is registered from it, or by a loader that looks for libraries beside the weights.

## Example
A PyTorch zip with a member `archive/extra/helper.bin` that begins with `7f 45 4c 46`: an ELF library.

## Remedy
Ask what the program is for and where its source is; take the weights alone, in a format that holds only numbers.

## References
MITRE ATLAS AML.T0018.002, Embed Malware; OWASP ML06:2023.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.archive.archive import Archive, shown
from assay.scan.rule import Hit, Rule

_MODELS = (
    ".pkl",
    ".npy",
    ".safetensors",
    ".onnx",
    ".gguf",
    ".weights.h5",
    ".ckpt",
    ".tflite",
    ".pdmodel",
    "saved_model.pb",
)


def check(view: Archive) -> Iterator[Hit]:
    """ELF, PE and Mach-O members of what looks like a model."""
    if not view.programs or not any(place.name.lower().endswith(_MODELS) for place in view.places()):
        return
    for name, offset, form in view.programs:
        if "/aotinductor/" not in name:  # what torch.export compiles; the rules of PyTorch judge it
            yield Hit(f"the member {shown(name)} begins as a native program ({form})", offset)


RULE = Rule(
    id="archive-program-in-model",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
