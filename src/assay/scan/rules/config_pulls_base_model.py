"""An adapter is of no use without another model, which is loaded with it.

## Why it matters
`base_model_name_or_path` names what an adapter is put on. Tools that load the adapter fetch that model as well:
whatever is wrong with it is then yours, and it is not in what was scanned here.

## Example
`"base_model_name_or_path": "http://192.0.2.1/base"` in `adapter_config.json`.

## Remedy
Scan the base model, too, and pin its revision.

## References
PEFT, `PeftConfig`. MITRE ATLAS AML.T0010.003.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.indexes import shown

_PEFT: Final = frozenset({"peft_type", "lora_alpha", "auto_mapping", "task_type"})


def check(view: Document) -> Iterator[Hit]:
    """The base model of an adapter."""
    for mapping in view.mappings:
        base = mapping.entries.get("base_model_name_or_path")
        if not isinstance(base, str) or not base or not _PEFT & mapping.entries.keys():
            continue
        odd = "://" in base or base.startswith(("/", "\\\\", "..", "~"))
        yield Hit(
            f"the adapter is put on {shown(base)}, which is " + ("no model of a hub" if odd else "loaded with it"),
            member=str(mapping.place.below("base_model_name_or_path")),
            line=view.line(base),
            severity=Severity.LOW if odd else None,
        )


RULE = Rule(
    id="config-pulls-base-model",
    reads=Document.kind,
    severity=Severity.INFO,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
