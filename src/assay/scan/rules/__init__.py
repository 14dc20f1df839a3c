"""One rule, one file. They are imported by the kind of view that was met, so that a scan pays for what it meets."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Final

from assay.scan.rule import Rule

#: Kind of view → the modules of its rules, in the order of their ids.
BY_KIND: Final[dict[str, tuple[str, ...]]] = {
    # Names and folders
    "named": ("disguised_file",),
}


@cache
def rules_for(kind: str) -> tuple[Rule, ...]:
    """The rules that look at views of this kind."""
    return tuple(_load(module) for module in BY_KIND.get(kind, ()))


def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id."""
    found = {rule.id: rule for kind in BY_KIND for rule in rules_for(kind)}
    return tuple(found[name] for name in sorted(found))


def _load(module: str) -> Rule:
    rule = importlib.import_module(f"assay.scan.rules.{module}").RULE
    assert isinstance(rule, Rule), "every module of BY_KIND has one"
    return rule
