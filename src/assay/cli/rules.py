"""``assay rules``: what a scan looks for."""

from __future__ import annotations

import click

from assay.cli.options import format_option
from assay.core import jsontext
from assay.report.rules import rules_json, rules_text
from assay.scan.rules import all_rules


@click.command("rules")
@format_option("text", "json")
def command(form: str) -> None:
    """List the rules of `assay scan`: name, severity, confidence, and what is wrong.

    Severity is the harm if it is what it looks like, confidence how sure that is; a finding may say otherwise for its
    own case.
    """
    rules = all_rules()
    click.echo(jsontext.printed(rules_json(rules)) if form == "json" else rules_text(rules))
