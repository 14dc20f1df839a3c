"""A configuration has something called that is on no list of ours.

## Why it matters
Whatever the key names is imported and called with the arguments beside it. Most such names are a project's own classes;
nobody but that project can say what they do.

## Example
`_target_: my_project.models.Encoder`.

## Remedy
Look the name up in the project's code before you instantiate the configuration.

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
    """Names that are called and of which nothing is known."""
    for target in targets_of(view):
        found = judge(target.name) if target.certain else None
        if found is not None and not found.known:
            message = f"{target.key} calls {target.name[:120]}, of which nothing is known"
            yield Hit(message, member=str(target.place), line=view.line(target.name, target.key))


RULE = Rule(
    id="config-unknown-target",
    reads=Document.kind,
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
