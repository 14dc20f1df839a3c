"""The number by which PyTorch knows the file is computed by a call.

## Why it matters
PyTorch's older files begin with a pickle of one number, and loaders unpickle it to compare. A pickle that computes the
number by calling something loads just as well, and scanners that look for the number's bytes take the file for
something else.

## Example
The first pickle calls `builtins.int("0x1950a86a20f9469cfc6c", 16)`.

## Remedy
Do not load the file: no program that saves models writes it so.

## References
picklescan's test file `pytorch_magic_bypass.pt`, where `eval` makes the number.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.values import Global, Result
from assay.formats.tensor.torch_legacy import TorchLegacy
from assay.scan.rule import Hit, Rule


def check(view: TorchLegacy) -> Iterator[Hit]:
    """The first pickle gives the result of a call."""
    results = view.pickles.results
    if view.computed_magic and results and isinstance(results[0], Result):
        target = results[0].call.target
        name = target.dotted if isinstance(target, Global) else "a call"
        yield Hit(f"the file's magic number is the result of {name}, not a number", 0)


RULE = Rule(
    id="torch-legacy-computed-magic",
    reads=TorchLegacy.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.MASQUERADING,
    check=check,
    doc=__doc__,
)
