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

#: Files by which the archives of PyTorch, Keras, NeMo, TensorFlow and skops are known. Packages carry libraries
#: and, in their tests, weights of every kind: these alone make no model.
_MARKS = frozenset(
    {"data.pkl", "model.weights.h5", "model_config.yaml", "saved_model.pb", "schema.json", "mar-inf/manifest.json"}
)


def check(view: Archive) -> Iterator[Hit]:
    """ELF, PE and Mach-O members of what looks like a model."""
    if not view.programs or not _is_model(view):
        return
    for name, offset, form in view.programs:
        if "/aotinductor/" not in name:  # what torch.export compiles; the rules of PyTorch judge it
            yield Hit(f"the member {shown(name)} begins as a native program ({form})", offset)


def _is_model(view: Archive) -> bool:
    programs = {name for name, _, _ in view.programs}
    names = {place.name for place in view.places() if not place.is_folder}
    if any(name.lower().rpartition("/")[2] in _MARKS for name in names):
        return True
    others = names - programs
    return bool(others) and all(name.lower().endswith(".npy") for name in others)


RULE = Rule(
    id="archive-program-in-model",
    reads=Archive.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
