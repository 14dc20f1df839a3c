"""``assay load``: verified bytes, or none."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from assay.cli.options import project_option, since_option, trust_option
from assay.core.decision import DeniedError
from assay.pipeline.project import find_root, open_project
from assay.pipeline.prove import copy_verified, load, read_policy
from assay.report.decision import decision_text


@click.command("load")
@click.argument("artifact", type=click.Path(path_type=Path))
@click.option(
    "--to", type=click.Path(path_type=Path), help="Copy it to this new file or folder.  [default: print a file]"
)
@click.option(
    "--policy", type=click.Path(path_type=Path, dir_okay=False), help="The policy to judge by.  [default: assay's own]"
)
@project_option
@trust_option
@since_option
def command(
    artifact: Path,
    to: Path | None,
    policy: Path | None,
    folder: Path | None,
    trust: Path | None,
    since: tuple[Path, ...],
) -> None:
    """Verify ARTIFACT and hand out the very bytes that were verified, on standard output or in a private copy.

    Nobody can change them between the check and the use: what is copied is what was hashed. On a denial nothing is
    handed out.
    """
    project = open_project(folder or find_root(artifact.absolute().parent), trust=trust, since=since)
    try:
        if to is not None:
            copy_verified(project, artifact, to, read_policy(policy))
            click.echo(f"verified copy in {to}", err=True)
            return
        found = load(project, artifact, read_policy(policy))
    except DeniedError as denied:
        click.echo(decision_text(denied.decision), err=True)
        raise click.exceptions.Exit(1) from denied
    if not isinstance(found, bytes):
        raise click.UsageError("a folder cannot be printed; give --to FOLDER")
    sys.stdout.buffer.write(found)
