"""A file's name says that it is something else than its bytes are.

## Why it matters
People, loaders and other scanners decide by the ending what to do with a file. A pickle that is called
`model.safetensors` or `cat.jpg` passes whoever trusts names, and runs when something opens it by its content:
`torch.load`, `pandas.read_pickle` and many loaders do not look at the ending at all.

## Example
`weights.safetensors` whose first bytes are `80 04 95`: a pickle of protocol 4.

## Remedy
Ask where the file comes from and why it is named so. If it is honest, give it the ending of its format; if not, do not
load it with anything.

## References
CVE-2025-10155 (a pickle with a PyTorch ending passed a scanner). MITRE ATLAS AML.T0074, Masquerading.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.catalogue import SIGNATURES
from assay.formats.pickle.view import Pickle
from assay.formats.signature import Signature
from assay.formats.view import View
from assay.scan.named import Named
from assay.scan.rule import Hit, Rule

_PROGRAMS: Final = "assay.formats.program."
#: Families whose files may hold a pickle or a program under their own endings.
_CARRIERS: Final = ("assay.formats.pickle.", "assay.formats.archive.", "assay.formats.tensor.", _PROGRAMS)
_INERT: Final = frozenset({"safetensors", "gguf", "raw-tensor"})
#: An ending of more formats than these, such as ``.bin``, says nothing.
_SHARED: Final = 2


def check(view: Named) -> Iterator[Hit]:
    """A known format's ending on another format's bytes."""
    owners = _owners(view.suffix)
    if not owners or not view.readings or any(signature in owners for signature, _ in view.readings):
        return
    bad = [signature for signature, reading in view.readings if _runs(signature, reading)]
    if not bad and (len(owners) > _SHARED or all(signature.harmless for signature, _ in view.readings)):
        return
    read = (bad or [signature for signature, _ in view.readings])[0]
    message = f"its name says {owners[0].title} ({view.suffix}), its bytes say {read.title}"
    if bad and not any(_carries(owner) for owner in owners):
        yield Hit(message, severity=Severity.HIGH, confidence=Confidence.HIGH)
    else:
        yield Hit(message)


@cache
def _owners(suffix: str) -> tuple[Signature, ...]:
    return tuple(signature for signature in SIGNATURES if suffix in signature.suffixes)


def _runs(signature: Signature, view: View) -> bool:
    if isinstance(view, Pickle):
        return bool(view.imports)
    return signature.module.startswith(_PROGRAMS)


def _carries(owner: Signature) -> bool:
    return owner.module.startswith(_CARRIERS) and owner.name not in _INERT


RULE = Rule(
    id="disguised-file",
    reads=Named.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
