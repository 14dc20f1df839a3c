"""How bad it is what Python code does, by when it runs; and who makes it run."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Final

from assay.core.finding import Confidence, Severity
from assay.formats.repository.python_effects import Does, Effect, When

#: What is never ordinary, whenever it runs.
ALWAYS: Final = frozenset({Does.HIDDEN, Does.DOWNLOADED, Does.EXPOSES, Does.SHELL, Does.PLANTS})
#: What code that a model brings along has no business doing while it is loaded.
ON_LOAD: Final = frozenset({Does.COMMAND, Does.UNPICKLES, Does.EXECUTES, Does.CREDENTIALS})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a file says of one effect, in its facts."""

    does: Does
    when: When
    target: str
    line: int


def behaviour(value: str) -> Behaviour:
    """Read a fact of kind ``does`` back."""
    does, when, line, target = value.split(" ", 3)
    return Behaviour(Does[does], When[when], target, int(line))


def severity_of(does: Does, when: When, *, shown: bool = True) -> tuple[Severity, Confidence] | None:  # noqa: PLR0911 - one for each kind
    """How bad an effect is in a file of which nothing else is known; ``None`` when it is not told.

    :param shown: whether the file itself holds what is run; else it comes from elsewhere, as the parameter of a
        function that loads code does
    """
    if does in ALWAYS:
        if when is When.IMPORT:
            return Severity.CRITICAL, Confidence.HIGH
        if when is When.LOAD:
            return Severity.HIGH, Confidence.HIGH
        if does is Does.HIDDEN and not shown:
            return Severity.LOW, Confidence.MEDIUM
        return Severity.MEDIUM, Confidence.MEDIUM
    if does is Does.COMMAND:
        if when is When.IMPORT:
            return Severity.HIGH, Confidence.HIGH
        return (Severity.HIGH, Confidence.MEDIUM) if when is When.LOAD else None
    return None


def severity_when_loaded(does: Does, when: When) -> Severity | None:  # noqa: PLR0911 - one for each kind
    """How bad an effect is in a file that loading the model makes run."""
    if does in ALWAYS:
        return Severity.CRITICAL
    if does is Does.COMMAND and when is When.MADE:
        return Severity.HIGH
    if when not in (When.IMPORT, When.LOAD):
        return Severity.LOW if does is Does.COMMAND else None
    if does is Does.COMMAND:
        return Severity.CRITICAL if when is When.IMPORT else Severity.HIGH
    if does is Does.RUNS_FILE:
        return Severity.HIGH
    if does is Does.NATIVE:
        return Severity.HIGH if when is When.IMPORT else Severity.MEDIUM
    if does in ON_LOAD and when is When.IMPORT:
        return Severity.MEDIUM
    if does in (Does.NETWORK, Does.DELETES, Does.INSTALLS) and when is When.IMPORT:
        return Severity.MEDIUM
    return Severity.LOW


def says(effect: Effect) -> str:
    """One effect in words."""
    inside = f" in {effect.where}" if effect.where else ""
    shown = f" ({_shown(effect.detail)})" if effect.detail and effect.does in (Does.COMMAND, Does.INSTALLS) else ""
    return f"{effect.does.value} {effect.when.value}: {effect.target}{shown}{inside}"


def beside(path: str, file: str) -> str:
    """The path of a file that another names, relative to the same root."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), file))


def _shown(command: str) -> str:
    return " ".join(command.split())[:80]
