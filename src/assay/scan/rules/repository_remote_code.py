"""Loading the model runs a Python file that does harm, or that is not there to be inspected.

## Why it matters
A configuration names the file, and a library imports it. Seen together: what the file does happens when the model is
loaded. A file that is named and missing is found on Python's path instead, or fetched from somewhere: nobody has seen
it.

## Example
`config.json` with `auto_map` to `modeling_x.Model`, and `modeling_x.py` that runs `os.system` on import.

## Remedy
Do not load the model with remote code allowed.

## References
Hugging Face Transformers, *Custom models*. MITRE ATLAS AML.T0010.001, AML.T0011.000.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.code import Behaviour, behaviour, beside, severity_when_loaded
from assay.scan.surroundings.imports import effects_across, imported

_DOCUMENTS: Final = frozenset({"json", "yaml", "toml", "ini"})


def check(view: Repository) -> Iterator[Hit]:
    """Code that configurations name, followed to its file."""
    paths = set(view.paths)
    for path in view.paths:
        if _DOCUMENTS.isdisjoint(view.formats.get(path, ())):
            continue  # what a document inside an archive names lies in the archive
        named = {fact.value: fact.kind for fact in view.facts_by_path.get(path, ()) if fact.kind in ("code", "module")}
        for file, kind in named.items():
            found = next((place for place in _places(path, file) if place in paths), None)
            if found is None and kind == "module":
                message = f"it has {file[:120]} imported, which is not here: whatever Python finds by that name is run"
                yield Hit(message, member=path, severity=Severity.MEDIUM, confidence=Confidence.MEDIUM)
            elif found is None:
                message = f"it has {file[:120]} run, which is not here to be inspected"
                yield Hit(message, member=path, severity=Severity.LOW)
            else:
                for code in imported(view, found):
                    yield from _effects(view, path, code)
                    yield from _native(view, path, code)
                for code, behaves in effects_across(view, found):
                    yield from _told(path, code, behaves)


def _effects(view: Repository, path: str, code: str) -> Iterator[Hit]:
    for fact in view.facts_by_path.get(code, ()):
        if fact.kind == "does":
            yield from _told(path, code, behaviour(fact.value))


def _native(view: Repository, path: str, code: str) -> Iterator[Hit]:
    """A module that is imported by name and lies beside as a native library, which runs as soon as it is loaded."""
    libraries = [place for place in view.paths if place.endswith((".so", ".pyd"))]
    for fact in view.facts_by_path.get(code, ()) if libraries else ():
        module = beside(code, fact.value.lstrip(".").replace(".", "/")) if fact.kind == "imports" else ""
        if module and any(place.startswith(f"{module}.") for place in libraries):
            yield Hit(f"{path} has it run, and it imports {fact.value}, a native library that lies beside", member=code)


def _told(path: str, code: str, found: Behaviour) -> Iterator[Hit]:
    severity = severity_when_loaded(found.does, found.when)
    if severity is not None and severity > Severity.LOW:
        message = f"{path} has it run, and {found.when.value} it {found.does.value}: {found.target}"
        yield Hit(message, member=code, line=found.line, severity=severity)


def _places(path: str, file: str) -> Iterator[str]:
    """Where the file may lie: as it is named, as a package, in the folder of MLflow's code, or beside."""
    stem = file.removesuffix(".py")
    for place in (file, f"{stem}/__init__.py", f"code/{file}", f"code/{stem}/__init__.py", file.rpartition("/")[2]):
        yield beside(path, place)


RULE = Rule(
    id="repository-remote-code",
    reads=Repository.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
