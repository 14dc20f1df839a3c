"""A configuration makes a library run Python code that lies beside it.

## Why it matters
The model is more than weights: with remote code allowed (`trust_remote_code=True`), the library imports the named file,
and importing runs it. Many honest models work this way, so the reference alone is no accusation; what the file does is
judged on its own, and a file that is missing or leaves the model's folder is told with more weight.

## Example
`"auto_map": {"AutoModel": "modeling_mine.MyModel"}` in `config.json`, beside `modeling_mine.py`.

## Remedy
Read the file that is named, pin the revision you read, and only then allow remote code. Prefer a model that the library
supports by itself.

## References
Hugging Face Transformers, *Custom models*. sentence-transformers, `modules.json`. Diffusers, *Custom pipelines and
components*.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.formats.repository.references import Loader
from assay.scan.rule import Hit, Rule


def check(view: Document) -> Iterator[Hit]:
    """References to code beside the configuration."""
    for reference in view.references:
        if not reference.own or reference.loader in (Loader.ADAPTER, Loader.MLFLOW):
            continue  # these have rules of their own
        leaves = ".." in reference.value or reference.value.startswith(("/", "\\", "~")) or ":" in reference.module
        yield Hit(
            f"{reference.loader.value} runs {reference.value[:120]}, which is code beside the model"
            + (", outside of its folder" if leaves else ""),
            member=str(reference.place),
            line=view.line(reference.value),
            severity=Severity.HIGH if leaves else None,
        )


RULE = Rule(
    id="config-local-code",
    reads=Document.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
