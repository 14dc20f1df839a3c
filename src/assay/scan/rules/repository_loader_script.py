"""A script lies beside the model that some tool runs by its name.

## Why it matters
Serving tools and libraries look for files of certain names in a model's folder and run them: `handler.py` on Hugging
Face endpoints, `inference.py` on SageMaker, `custom_generate/generate.py` in Transformers, `hubconf.py` in PyTorch Hub,
`setup.py` in pip, `sitecustomize.py` in Python itself. No configuration needs to name them.

## Example
`handler.py` with a class `EndpointHandler` that runs a command when it is made.

## Remedy
Read the script before you deploy or install from the folder.

## References
Hugging Face Inference Endpoints, *Custom handlers*. Transformers, *Custom generation methods*. PyTorch Hub. Amazon
SageMaker, *Inference toolkit*.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.python_effects import Does
from assay.scan.repository import Repository
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.code import Behaviour, behaviour, severity_when_loaded
from assay.scan.surroundings.imports import effects_across, imported

_TOOLS: Final = {
    "handler.py": "a Hugging Face endpoint or TorchServe",
    "inference.py": "SageMaker",
    "hubconf.py": "PyTorch Hub",
    "setup.py": "pip",
    "sitecustomize.py": "Python itself",
    "usercustomize.py": "Python itself",
    "score.py": "Azure Machine Learning",
}
#: What these scripts ordinarily do: load weights, and read their version by executing a file.
_ORDINARY: Final = frozenset({Does.UNPICKLES, Does.EXECUTES, Does.NETWORK, Does.DELETES, Does.INSTALLS})


def check(view: Repository) -> Iterator[Hit]:
    """Scripts by name, and what they do."""
    for path in view.paths:
        tool = _tool(path)
        if tool is None or "python" not in view.formats.get(path, ()) or _is_installed(path):
            continue
        yield Hit(f"{tool} runs it without being told to", member=path, severity=Severity.INFO)
        for code in imported(view, path):
            yield from _effects(view, tool, code)
        for code, behaves in effects_across(view, path):
            yield from _told(tool, code, behaves)


def _effects(view: Repository, tool: str, code: str) -> Iterator[Hit]:
    for fact in view.facts_by_path.get(code, ()):
        if fact.kind == "does":
            yield from _told(tool, code, behaviour(fact.value))


def _told(tool: str, code: str, found: Behaviour) -> Iterator[Hit]:
    severity = severity_when_loaded(found.does, found.when)
    if severity is not None and severity > Severity.LOW and found.does not in _ORDINARY:
        message = f"{tool} runs it, and {found.when.value} it {found.does.value}: {found.target}"
        yield Hit(message, member=code, line=found.line, severity=severity)


def _tool(path: str) -> str | None:
    folder, _, name = path.rpartition("/")
    if name == "generate.py":
        return "Transformers" if folder.rpartition("/")[2] == "custom_generate" else None
    return _TOOLS.get(name)


def _is_installed(path: str) -> bool:
    return "site-packages/" in path or "dist-packages/" in path


RULE = Rule(
    id="repository-loader-script",
    reads=Repository.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
