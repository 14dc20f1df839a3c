"""``assay pull``: out of the store, verified."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import passphrase_source, project_option, since_option, store_passphrase, trust_option
from assay.pipeline.project import find_root, open_project
from assay.pipeline.pull import pull
from assay.pipeline.storing import open_store


@click.command("pull")
@click.argument("wanted", metavar="NAME|DIGEST")
@click.argument("destination", type=click.Path(path_type=Path))
@project_option
@trust_option
@since_option
def command(wanted: str, destination: Path, folder: Path | None, trust: Path | None, since: tuple[Path, ...]) -> None:
    """Fetch an artifact from the store to DESTINATION, a new file or folder; no key of the project is needed.

    A name stands for what was pushed last under it, as a signed statement in the ledger says; a digest for exactly
    those bytes. What is written is verified first; on any error there is nothing at DESTINATION. Exit status 0 done, 1
    other bytes than were pushed, 2 could not tell.
    """
    project = open_project(folder or find_root(Path.cwd()), trust=trust, since=since)
    with project.open_ledger() as ledger:
        blobs = open_store(project, ledger, store_passphrase(passphrase_source(None)))
        stored = pull(project, ledger, blobs, wanted, destination)
    click.echo(f"pulled  {stored.name}  {stored.digest}  pushed by {stored.signer}")
