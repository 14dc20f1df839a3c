"""An MXNet graph names a library or a file to open.

## Why it matters

Attributes of nodes are numbers and small words. A path in one is opened by the operator that has it, or by an
extension that was loaded: a library's code runs, a file elsewhere is read.

## Example

``"attrs": {"library": "../../libevil.so"}``

## Remedy

Do not load the graph. Ask for one that names nothing outside itself.

## References

- https://mxnet.apache.org/versions/1.9.1/api/faq/extension
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mxnet import MxNet
from assay.scan.knowledge.paths import escape
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

_LIBRARY: Final = re.compile(r"(?i)\.(?:so(?:\.\d+)*|dll|dylib)$")
_NAMING: Final = frozenset(
    {"library", "lib", "lib_path", "library_path", "dll", "plugin", "module", "path", "filename", "file", "uri", "url"}
    | {"source", "config_path", "symbol_file", "params_file"}
)


def check(view: MxNet) -> Iterator[Hit]:
    """Yield each attribute that names one."""
    for node in view.nodes:
        for key, value in node.attributes:
            if _LIBRARY.search(value.strip()):
                yield Hit(f"node {shown(node.name)} names the library {shown(value)}", member=node.name)
            elif key.strip("_").lower() in _NAMING and (how := escape(value)):
                yield Hit(f"node {shown(node.name)} names {shown(value)}, which {how}", member=node.name)


RULE = Rule(
    id="mxnet-external-reference",
    reads=MxNet.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
