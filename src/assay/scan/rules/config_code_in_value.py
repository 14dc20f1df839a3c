"""A value of a configuration is Python code that does harm when it is evaluated.

## Why it matters
Some tools evaluate values of their configurations with `eval`. A value that is an expression which runs commands is of
no use but to such a tool.

## Example
`"init": "__import__('os').system('…')"`.

## Remedy
Remove the value, and do not load the file with anything that evaluates it.

## References
MITRE ATLAS AML.T0011.000.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.errors import FormatError
from assay.core.finding import Confidence, Severity
from assay.formats.budget import Budget
from assay.formats.repository.document import Document
from assay.formats.repository.python_effects import Does
from assay.formats.repository.python_source import parse
from assay.formats.repository.python_walk import effects_of
from assay.scan.rule import Hit, Rule

_TELLING: Final = re.compile(r"__import__|\beval\b|\bexec\b|\bos\.|subprocess|__builtins__|__class__|importlib")
#: OmegaConf's call of a resolver, which may be one that evaluates.
_RESOLVED: Final = re.compile(r"\$\{[\w.]{1,40}:(.*)\}", re.DOTALL)
_BAD: Final = frozenset({Does.COMMAND, Does.HIDDEN, Does.DOWNLOADED, Does.EXPOSES, Does.SHELL})


def check(view: Document) -> Iterator[Hit]:
    """Short texts that are a single expression with an effect."""
    if len(view.roots) > 1:  # lines of records are data, and some data is code
        return
    budget = Budget()
    tried = 0
    for mapping in view.mappings:
        for key, value in mapping.entries.items():
            if not isinstance(value, str) or len(value) > 2_000 or "(" not in value or not _TELLING.search(value):
                continue
            tried += 1
            if tried > 200:
                return
            effect = _effect(value, budget)
            if effect is not None:
                place = str(mapping.place.below(key))
                yield Hit(f"the value of {place} {effect}", member=place, line=view.line(value[:40]))


def _effect(value: str, budget: Budget) -> str | None:
    resolved = _RESOLVED.fullmatch(value.strip())
    try:
        tree = parse((resolved[1] if resolved else value).strip().encode("utf-8", "replace"))
        if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
            return None
        found = effects_of(tree, "", budget)
    except FormatError:
        return None
    return next((f"{effect.does.value}: {effect.target}" for effect in found if effect.does in _BAD), None)


RULE = Rule(
    id="config-code-in-value",
    reads=Document.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
