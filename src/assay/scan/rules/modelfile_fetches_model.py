"""An Ollama recipe takes a model or an adapter from an address that is not known to us.

## Why it matters
What the address serves today need not be what it serves tomorrow: whoever runs it, and without HTTPS anybody in
between, decides which model runs. Readers of models have had memory errors that a file can reach.

## Example
`FROM http://192.0.2.1/llama.gguf` in a `Modelfile`.

## Remedy
Fetch the file from its author, check its digest, scan it, and name it by its path.

## References
Ollama, *Modelfile*: `FROM`. CWE-494, Download of Code Without Integrity Check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.text import Text
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.indexes import shown
from assay.scan.surroundings.modelfile import sources

_KNOWN: Final = frozenset(
    {"huggingface.co", "hf.co", "registry.ollama.ai", "ollama.com", "modelscope.cn", "github.com"}
)
_ADDRESS: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:[^/@\s]*@)?(?P<host>[^/:\s]+)")
#: A registry's host before the name: it has a dot and no known name of a model.
_HOST: Final = re.compile(r"(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d+)?/[\w.-]+/[\w.:/-]+")


def check(view: Text) -> Iterator[Hit]:
    """Addresses, and registries other than the known ones."""
    for source in sources(view):
        what = f"{source.word} takes {shown(source.place)}"
        if found := _ADDRESS.match(source.place):
            host = found["host"].lower()
            if found["scheme"].lower() not in ("https", "hf") or re.fullmatch(r"[\d.]+|\[.*", host):
                yield Hit(f"{what}, which anybody in between may exchange", line=source.line, severity=Severity.HIGH)
            else:
                known = host.removeprefix("www.") in _KNOWN
                yield Hit(what, line=source.line, severity=Severity.LOW if known else None)
        elif (found := _HOST.fullmatch(source.place)) and found["host"].lower() not in _KNOWN:
            yield Hit(f"{what}, from a registry that is not known to us", line=source.line, severity=Severity.LOW)


RULE = Rule(
    id="modelfile-fetches-model",
    reads=Text.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
