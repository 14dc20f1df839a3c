"""A pickle imports a module whose source lies beside it.

## Why it matters

Python looks for a module in the folder it was started in before it looks among what is installed. A pickle that
names `model_helper.Model` looks like any other; the file `model_helper.py` that comes with it is run, from its
first line to its last, as soon as the pickle is loaded there.

## Example

A repository with `model.pkl`, which names `model_helper.Model`, and `model_helper.py`, which starts a shell when
imported.

## Remedy

Read the source file before anything is loaded, and load the model from another folder. If the class is needed,
install the package that owns it from where you trust it.

## References

- Python documentation, the module search path: https://docs.python.org/3/library/sys_path_init.html
- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule

_SUFFIXES: Final = (".py", ".pyc", ".so", ".pyd")


def check(view: Repository) -> Iterator[Hit]:
    """Compare what is imported with what lies there."""
    modules = _modules(view.paths)
    for path in sorted(view.facts_by_path):
        folder = PurePosixPath(path).parent
        told: set[str] = set()
        for fact in view.facts_by_path[path]:
            if fact.kind != "import":
                continue
            for place in (str(folder), "."):
                source = modules.get((place, fact.value.partition(".")[0]))
                if source is not None and source not in told and source != path:
                    told.add(source)
                    yield Hit(
                        f"{path} imports {fact.value}, and {source} lies beside it: loading it there runs that file",
                        fact.offset,
                        member=path,
                    )
                    break


def _modules(paths: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """Where each importable file lies: its folder and the module it would be."""
    found: dict[tuple[str, str], str] = {}
    for text in paths:
        path = PurePosixPath(text)
        stem = path.name.partition(".")[0]
        if path.suffix not in _SUFFIXES:
            continue
        if stem == "__init__":
            found.setdefault((str(path.parent.parent), path.parent.name), text)
        else:
            found[str(path.parent), stem] = text
            # A folder without __init__ is a package as well.
            found.setdefault((str(path.parent.parent), path.parent.name), text)
    return found


RULE = Rule(
    id="pickle-sibling-module",
    reads=Repository.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
