"""A configuration has a function called that can do harm.

## Why it matters
Hydra, NeMo, Lightning, Python's own `logging.config`, jsonpickle and others build objects from configurations: a key
gives the dotted name of a class or function, the keys beside it the arguments. They call whatever is named. A
configuration that names `os.system` or `builtins.eval` is a program.

## Example
`_target_: os.system` with `command: …` anywhere in a YAML or JSON file, also inside of a `.nemo` archive.

## Remedy
Do not load it. Ask where the file comes from; an honest configuration names classes of models, optimisers and data
sets.

## References
Hydra, *Instantiating objects*. NVIDIA NeMo, CVE-2025-23304. Palo Alto Networks Unit 42, *Remote code execution with
modern AI/ML formats and libraries* (NeMo, uni2ts, FlexTok).
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.names import judge
from assay.scan.surroundings.targets import targets_of


def check(view: Document) -> Iterator[Hit]:
    """Names that are called and are known to do harm."""
    for target in targets_of(view):
        found = judge(target.name)
        if found is not None and found.known:
            yield Hit(
                f"{target.key} calls {target.name[:120]}, which {found.does}",
                member=str(target.place),
                line=view.line(target.name, target.key),
                severity=found.severity,
                confidence=found.confidence,
            )


RULE = Rule(
    id="config-unsafe-target",
    reads=Document.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
