"""A configuration names a file outside of its own folder.

## Why it matters
The index of a sharded checkpoint, a list of modules, an MLflow description name files that are then opened, or put on
Python's path. A path with `..` or from the root leads to files of the machine that loads the model.

## Example
`"weight_map": {"wte": "../../../etc/passwd"}` in `model.safetensors.index.json`.

## Remedy
Do not load it. Honest files of these kinds name what lies beside or below them.

## References
CWE-22. MITRE ATLAS AML.T0037.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.paths import leaves


def check(view: Document) -> Iterator[Hit]:
    """Paths that leave the folder."""
    for place, path in _paths(view):
        if leaves(path):
            yield Hit(
                f"{place} names {path[:120]}, which is outside of the model's folder",
                member=place,
                line=view.line(path),
            )


def _paths(view: Document) -> Iterator[tuple[str, str]]:
    for mapping in view.mappings:
        entries = mapping.entries
        weights = entries.get("weight_map")
        if isinstance(weights, dict):
            for path in sorted({value for value in weights.values() if isinstance(value, str)}):
                yield str(mapping.place.below("weight_map")), path
        groups = entries.get("weightsManifest")
        for group in groups if isinstance(groups, list) else ():
            paths = group.get("paths") if isinstance(group, dict) else None
            for part in paths if isinstance(paths, list) else ():
                if isinstance(part, str):
                    yield str(mapping.place.below("weightsManifest")), part
        keys: tuple[str, ...] = ()
        if "loader_module" in entries:
            keys = ("code", "data", "env", "model_path", "python_model")
        elif {"idx", "type", "path"} <= entries.keys():
            keys = ("path",)
        elif {"modelName", "serializedFile"} <= entries.keys():
            keys = ("serializedFile", "modelFile")
        for key in keys:
            named = entries.get(key)
            if isinstance(named, str):
                yield str(mapping.place.below(key)), named


RULE = Rule(
    id="config-path-escape",
    reads=Document.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
