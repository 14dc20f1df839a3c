"""``assay push``: into the store, if it is proved."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import passphrase_option, passphrase_source, project_option, store_passphrase, trust_option
from assay.core.decision import DeniedError
from assay.pipeline.project import find_root, load_signer, open_project
from assay.pipeline.push import push
from assay.pipeline.storing import open_store
from assay.report.decision import decision_text


@click.command("push")
@click.argument("artifact", type=click.Path(path_type=Path))
@click.option("--as", "name", metavar="NAME", help="What to call it in the store.  [default: its path in the project]")
@project_option
@trust_option
@passphrase_option
def command(
    artifact: Path, name: str | None, folder: Path | None, trust: Path | None, passphrase_file: Path | None
) -> None:
    """Store ARTIFACT, a file or a folder, if what `store.require` in assay.toml demands is proved of it.

    Every file is hashed again as it is stored. That it is stored goes to the ledger, signed, when all of it is. Exit
    status 0 stored, 1 denied, 2 could not tell.
    """
    project = open_project(folder or find_root(artifact.absolute().parent), trust=trust)
    passphrase = passphrase_source(passphrase_file)
    signer = load_signer(project, passphrase)
    with project.open_ledger(writable=True) as ledger:
        blobs = open_store(project, ledger, store_passphrase(passphrase))
        try:
            stored = push(project, ledger, blobs, artifact, signer, name=name)
        except DeniedError as denied:
            click.echo(decision_text(denied.decision), err=True)
            raise click.exceptions.Exit(1) from denied
    click.echo(f"stored  {stored.name}  {stored.digest}  recorded as entry {stored.entry}")
