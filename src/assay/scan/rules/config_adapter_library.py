"""An adapter makes PEFT import a module that no known library has.

## Why it matters
`auto_mapping` in `adapter_config.json` names the library of the base model's class. PEFT imports that module by name
when the adapter is loaded, and asks nobody: a module of that name beside the script, or an installed package that
runs code on import, is executed.

## Example
`"auto_mapping": {"base_model_class": "Model", "parent_library": "some_library"}`.

## Remedy
Load the base model yourself and attach the adapter to it with `PeftModel.from_pretrained`; remove `auto_mapping`.

## References
PEFT, `auto_mapping` of `PeftConfig`. MITRE ATLAS AML.T0010.001.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.formats.repository.references import Loader
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.names import KNOWN_PACKAGES, judge


def check(view: Document) -> Iterator[Hit]:
    """Modules that an adapter has imported."""
    for reference in view.references:
        if reference.loader is not Loader.ADAPTER or reference.repository:
            continue
        library = reference.module
        top = library.partition(".")[0]
        found = judge(f"{library}.{reference.name}" if reference.name else library)
        if found is not None and found.known:
            message = f"the adapter has {library}.{reference.name} loaded, which {found.does}"
            yield Hit(message, member=str(reference.place), line=view.line(library), severity=found.severity)
        elif top not in KNOWN_PACKAGES:
            own = top in ("transformers_modules", "__main__")
            yield Hit(
                f"loading the adapter imports the module {library[:120]}",
                member=str(reference.place),
                line=view.line(library),
                severity=Severity.LOW if own else None,
            )


RULE = Rule(
    id="config-adapter-library",
    reads=Document.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
