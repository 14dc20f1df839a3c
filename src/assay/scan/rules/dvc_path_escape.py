"""A DVC file writes or reads outside of its own repository.

## Why it matters
`dvc pull` and `dvc checkout` write each output to the path that the `.dvc` file gives. A path with `..` or from the
root overwrites files of whoever pulls: a shell's start file, a key.

## Example
`outs: [{path: ../../../../home/user/.bashrc, md5: …}]`.

## Remedy
Do not pull it. Honest outputs lie beside or below the `.dvc` file, inside of the repository.

## References
DVC, *.dvc files*. CWE-22.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.paths import leaves

_DIGESTS: Final = frozenset({"md5", "etag", "checksum", "hash"})


def check(view: Document) -> Iterator[Hit]:
    """Outputs and dependencies whose path leaves the folder."""
    named = view.name.lower().endswith((".dvc", "dvc.lock", "dvc.yaml"))
    for mapping in view.mappings:
        path = mapping.entries.get("path")
        if not isinstance(path, str) or not (named or _DIGESTS & mapping.entries.keys()):
            continue
        parts = str(mapping.place).split(".")
        if not {"outs", "deps"} & set(parts) or not leaves(path):
            continue
        # One step up is how files in folders of a project name what lies beside these.
        far = path.startswith(("/", "\\", "~")) or ":" in path[:3] or path.replace("\\", "/").count("../") > 1
        yield Hit(
            f"it puts {path[:120]}, outside of its folder, under the control of whoever wrote it",
            member=str(mapping.place.below("path")),
            line=view.line(path),
            severity=None if far or "outs" in parts else Severity.LOW,
        )


RULE = Rule(
    id="dvc-path-escape",
    reads=Document.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
