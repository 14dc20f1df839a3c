"""``assay explain``: one rule's page."""

from __future__ import annotations

from difflib import get_close_matches

import click

from assay.report.rules import page_text
from assay.scan.rules import all_rules


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Print the page of RULE: what is wrong, why it matters, an example, what to do, and where to read more."""
    known = {item.id: item for item in all_rules()}
    found = known.get(rule)
    if found is None:
        near = get_close_matches(rule[:100], known, n=3)
        hint = f"Did you mean {', '.join(near)}?" if near else "`assay rules` lists them."
        raise click.UsageError(f"there is no rule {rule!a}. {hint}")
    click.echo(page_text(found))
