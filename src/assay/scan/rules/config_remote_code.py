"""A configuration makes a library fetch code from another repository and run it.

## Why it matters
`auto_map` and its kin may name a class in somebody else's repository, written `owner/name--module.Class`. With remote
code allowed, the library downloads that repository's Python files and imports them. Whoever owns the other repository
can change them at any time, without a trace in this one: what you inspected is not what you run.

## Example
`"auto_map": {"AutoModel": "somebody/other-repo--modeling.Model"}` in `config.json`.

## Remedy
Copy the code into this repository, have it inspected there, and name it without the other repository; or use a model
that the library supports by itself.

## References
Hugging Face Transformers, *Custom models* (`auto_map`, `code_revision`). MITRE ATLAS AML.T0010.001.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.formats.repository.references import Loader
from assay.scan.rule import Hit, Rule

_LOADERS: Final = frozenset(
    {
        Loader.AUTO_MAP,
        Loader.CUSTOM_PIPELINE,
        Loader.CUSTOM_GENERATE,
        Loader.SENTENCE_MODULE,
        Loader.COMPONENT,
        Loader.ADAPTER,
    }
)


def check(view: Document) -> Iterator[Hit]:
    """References that lead to another repository."""
    for reference in view.references:
        if reference.repository and reference.loader in _LOADERS:
            yield Hit(
                f"{reference.loader.value} fetches code from the repository {reference.repository[:120]}"
                + (f" and runs {reference.module}.{reference.name}" if reference.module else ""),
                member=str(reference.place),
                line=view.line(reference.value),
            )


RULE = Rule(
    id="config-remote-code",
    reads=Document.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
