"""The rules' list and pages for people and machines."""

from __future__ import annotations

import click

from assay.report.rules import page_markdown, page_text, rules_json, rules_text
from assay.scan.rule import Rule


def test_the_list_has_a_line_each(rules: tuple[Rule, ...]) -> None:
    """Id, severity, confidence, what is wrong."""
    first = rules_text(rules).splitlines()[0]
    assert first == "pickle-unsafe-call  high      high    The pickle calls something that is not known to be safe"
    assert rules_text(()) == ""


def test_the_list_for_machines_names_the_threats(rules: tuple[Rule, ...]) -> None:
    """With title and address."""
    found = rules_json(rules)
    assert found[0]["rule"] == "pickle-unsafe-call"
    assert found[0]["threats"][0]["address"].startswith("https://atlas.mitre.org/")


def test_a_page_is_laid_out_for_a_terminal(rules: tuple[Rule, ...]) -> None:
    """Paragraphs filled, code and lists as they stand, fences gone."""
    text = click.unstyle(page_text(rules[0]))
    assert text.startswith("pickle-unsafe-call  high, high confidence\n\n  The pickle calls something")
    assert "\nRemedy\n  Do not open it; take the weights as safetensors.\n" in text
    assert '\nExample\n      os.system("id")\n' in text
    assert "  - https://docs.python.org/3/library/pickle.html\n" in text
    assert "```" not in text
    assert "AML.T0011.000" in text


def test_a_page_in_markdown_has_all_headings(rules: tuple[Rule, ...]) -> None:
    """As viewers of SARIF show it."""
    text = page_markdown(rules[0])
    assert text.startswith("The pickle calls something that is not known to be safe.\n\n## Why it matters\n\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Why it matters",
        "## Example",
        "## Remedy",
        "## References",
    ]
