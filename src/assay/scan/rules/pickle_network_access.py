"""The pickle opens a network connection when it is loaded.

## Why it matters

It can send away what it finds, tell somebody that the model was loaded and where, or fetch what it runs next.

## Example

`urllib.request.urlopen("http://…")`, `socket.create_connection(("…", 443))`, `ssl.get_server_certificate(…)`.

## Remedy

Do not load the file, on any machine. Ask its publisher for the weights in a format without code (safetensors,
ONNX), and treat a machine that has loaded it as taken over.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- GHSA-mhc9-48gj-9gp3: https://github.com/advisories/GHSA-mhc9-48gj-9gp3
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
    yield from judge(view).of("pickle-network-access")


RULE = Rule(
    id="pickle-network-access",
    reads=Pickle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
