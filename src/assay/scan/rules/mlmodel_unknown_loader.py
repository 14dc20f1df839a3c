"""An MLflow model is loaded by a module that MLflow does not bring along.

## Why it matters
`loader_module` in `MLmodel` is imported when the model is loaded, after the model's own `code` folder was put on
Python's path: whatever Python file of that name comes with the model runs, and nobody is asked.

## Example
`loader_module: my_loader` with `code: code` and a file `code/my_loader.py`.

## Remedy
Read the module before you load the model. Prefer one of MLflow's own flavours.

## References
MLflow, *Python function model format*. MITRE ATLAS AML.T0010.001.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.formats.repository.references import Loader
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.names import judge


def check(view: Document) -> Iterator[Hit]:
    """Loader modules that are not MLflow's."""
    for reference in view.references:
        if reference.loader is not Loader.MLFLOW or reference.module.partition(".")[0] == "mlflow":
            continue
        found = judge(f"{reference.module}._load_pyfunc")
        bad = found is not None and found.known
        yield Hit(
            f"loading the model imports {reference.module[:120]} and calls its _load_pyfunc",
            member=str(reference.place),
            line=view.line(reference.value),
            severity=Severity.HIGH if bad else None,
        )


RULE = Rule(
    id="mlmodel-unknown-loader",
    reads=Document.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
