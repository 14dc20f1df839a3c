"""A Torch7 file carries Lua source or commands in its texts.

## Why it matters

Strings in a model are names and labels. Lua source among them is there to be given to ``loadstring`` by whatever
loads the model; a command, to be run.

## Example

The string ``os.execute('curl http://… | sh')``.

## Remedy

Do not load the file; look at the text and find out what reads it.

## References

- CWE-506: Embedded Malicious Code; CWE-95: Eval Injection
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.mention import CLIMBING, LIBRARY
from assay.formats.tree.torch7 import Torch7
from assay.scan.knowledge.mentions import told
from assay.scan.rule import Hit, Rule


def check(view: Torch7) -> Iterator[Hit]:
    """Yield telling words."""
    for mention in view.mentions:
        mild = mention.kind in {CLIMBING, LIBRARY}
        yield Hit(told(mention), mention.offset, severity=Severity.LOW if mild else None)


RULE = Rule(
    id="torch7-embedded-code",
    reads=Torch7.kind,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.EMBEDDED_MALWARE,
    check=check,
    doc=__doc__,
)
