"""``assay verify``: prove an artifact, and record nothing."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import format_option, project_option, since_option, trust_option
from assay.core import jsontext
from assay.pipeline.project import find_root, open_project
from assay.pipeline.prove import judge, read_policy
from assay.report.decision import chain_text, decision_json, decision_text


@click.command("verify")
@click.argument("artifact", type=click.Path(path_type=Path))
@click.option(
    "--policy", type=click.Path(path_type=Path, dir_okay=False), help="The policy to judge by.  [default: assay's own]"
)
@format_option("text", "json")
@project_option
@trust_option
@since_option
def command(
    artifact: Path, policy: Path | None, form: str, folder: Path | None, trust: Path | None, since: tuple[Path, ...]
) -> None:
    """Prove ARTIFACT, a file or a folder, back to its sources, and show the chain as a tree.

    The same walk as `assay gate`, by a default policy: signed by trusted identities, unbroken provenance through every
    stage, nothing altered on disk, the code unchanged, no newer version approved. Nothing is written, no key is needed.
    """
    project = open_project(folder or find_root(artifact.absolute().parent), trust=trust, since=since)
    with project.open_ledger() as ledger:
        judgement = judge(project, ledger, artifact, read_policy(policy))
    decision, evidence = judgement.decision, judgement.evidence
    if form == "json":
        click.echo(jsontext.dumps(decision_json(decision, evidence, entry=None)).decode())
    else:
        click.echo(f"{chain_text(evidence)}\n\n{decision_text(decision)}")
    raise click.exceptions.Exit(0 if decision.allowed else 1)
