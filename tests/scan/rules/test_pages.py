"""Every rule has a page that helps somebody, and is kept under the name it has."""

from __future__ import annotations

import pkgutil

import pytest

from assay.core import threat
from assay.scan import rules
from assay.scan.rule import Rule
from assay.scan.rules import BY_KIND, all_rules

RULES = all_rules()


def _id(rule: Rule) -> str:
    return rule.id


def test_every_module_of_the_room_is_listed() -> None:
    """A rule that nobody lists would never look at anything."""
    there = {module.name for module in pkgutil.iter_modules(rules.__path__)}
    assert there == {module for modules in BY_KIND.values() for module in modules}


@pytest.mark.parametrize(("kind", "module"), [(kind, module) for kind in BY_KIND for module in BY_KIND[kind]])
def test_a_rule_is_kept_under_its_id_and_what_it_reads(kind: str, module: str) -> None:
    """``pickle-unsafe-call`` is ``pickle_unsafe_call.py``, listed under the views it reads."""
    (rule,) = [rule for rule in rules.rules_for(kind) if rule.id == module.replace("_", "-")]
    assert rule.reads == kind


@pytest.mark.parametrize("rule", RULES, ids=_id)
@pytest.mark.parametrize("heading", ["Why it matters", "Example", "Remedy", "References"])
def test_a_page_has_every_section(rule: Rule, heading: str) -> None:
    """Somebody who meets a finding wants to know why, what it looks like, what to do, and where it is from."""
    assert len(rule.section(heading)) > 20, f"{rule.id} says next to nothing under {heading}"


@pytest.mark.parametrize("rule", RULES, ids=_id)
def test_a_rule_is_tied_to_the_catalogues(rule: Rule) -> None:
    """To MITRE ATLAS, to an OWASP list and to NIST AI RMF, each by an id that has a title."""
    assert set(rule.threats) <= set(threat.TITLES)
    assert any(name.startswith("AML.") for name in rule.threats)
    assert any(name.startswith(("ML", "LLM")) for name in rule.threats)
    assert any(name.split()[0] in {"GOVERN", "MAP", "MEASURE", "MANAGE"} for name in rule.threats)


@pytest.mark.parametrize("rule", RULES, ids=_id)
def test_a_summary_is_one_line(rule: Rule) -> None:
    """The first line of the page is a sentence, ends with a full stop and fits a table."""
    first = rule.doc.strip().partition("\n")[0]
    assert first.endswith(".")
    assert 15 < len(rule.summary) <= 118
