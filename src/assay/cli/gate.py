"""``assay gate``: decide, and record the decision."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import (
    format_option,
    passphrase_option,
    passphrase_source,
    project_option,
    since_option,
    trust_option,
)
from assay.core import jsontext
from assay.core.errors import PolicyError
from assay.pipeline.project import find_root, load_signer, open_project
from assay.pipeline.prove import pass_gate, read_policy
from assay.report.decision import decision_json, decision_text


@click.command("gate")
@click.argument("artifact", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The policy that has to allow it.  [default: the project's]",
)
@format_option("text", "json")
@project_option
@trust_option
@since_option
@passphrase_option
def command(
    artifact: Path,
    policy: Path | None,
    form: str,
    folder: Path | None,
    trust: Path | None,
    since: tuple[Path, ...],
    passphrase_file: Path | None,
) -> None:
    """Decide by a policy whether ARTIFACT, a file or a folder, may be shipped.

    Every reason is listed at once, with how to mend it. The decision goes to the ledger, signed: as a SLSA
    Verification Summary when it allows, as an event when it denies. Exit status 0 allows, 1 denies, 2 could not tell.
    """
    project = open_project(folder or find_root(artifact.absolute().parent), trust=trust, since=since)
    if policy is None:
        if project.settings.policy is None:
            raise PolicyError(
                "no policy to decide by", where="assay.toml: project.policy", remedy="Set it, or give --policy FILE."
            )
        policy = project.path(project.settings.policy)
    parsed = read_policy(policy)
    signer = load_signer(project, passphrase_source(passphrase_file))
    with project.open_ledger(writable=True) as ledger:
        judgement = pass_gate(project, ledger, artifact, parsed, signer)
    decision = judgement.decision
    if form == "json":
        click.echo(jsontext.dumps(decision_json(decision, judgement.evidence, entry=judgement.entry)).decode())
    else:
        recorded = f"recorded as entry {judgement.entry}" if judgement.entry is not None else ""
        click.echo(f"{decision_text(decision)}\n\n{recorded or f'not recorded: {judgement.unrecorded}'}")
    raise click.exceptions.Exit(0 if decision.allowed else 1)
