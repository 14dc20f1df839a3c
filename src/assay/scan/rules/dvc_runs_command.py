"""A pipeline's description holds commands that are run to reproduce it.

## Why it matters
`dvc repro` hands every `cmd` to a shell. That is what it is for; but it makes `dvc.yaml` a script like any other.

## Example
`stages: {train: {cmd: python train.py}}`.

## Remedy
Read the commands before you reproduce somebody else's pipeline.

## References
DVC, *dvc.yaml files*.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.shell import fetches_and_runs


def check(view: Document) -> Iterator[Hit]:
    """Stages' commands; those that fetch and run at once are told with more weight."""
    for root in view.roots:
        stages = root.get("stages") if isinstance(root, dict) else None
        for name, stage in stages.items() if isinstance(stages, dict) else ():
            command = stage.get("cmd") if isinstance(stage, dict) else None
            for text in command if isinstance(command, list) else [command]:
                if isinstance(text, str) and text:
                    bad = fetches_and_runs(text)
                    yield Hit(
                        f"stage {name[:60]} runs a command"
                        + (" that fetches a program and runs it at once" if bad else ""),
                        member=f"stages.{name[:60]}.cmd",
                        line=view.line(text[:60]),
                        severity=Severity.HIGH if bad else None,
                    )


RULE = Rule(
    id="dvc-runs-command",
    reads=Document.kind,
    severity=Severity.INFO,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
