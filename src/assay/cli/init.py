"""``assay init``: make a project."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from assay.cli.options import passphrase_option, passphrase_source
from assay.pipeline.initialise import initialise


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--name", help="The project's name.  [default: the folder's]")
@click.option("--identity", help="The name that goes with the new key in trust.toml.  [default: your user name]")
@click.option("--no-passphrase", is_flag=True, help="Leave the signing key unencrypted on the disk.")
@passphrase_option
def command(
    folder: Path, name: str | None, identity: str | None, no_passphrase: bool, passphrase_file: Path | None
) -> None:
    """Make a project in FOLDER (here): a commented assay.toml, a signing key, trust.toml and an empty ledger.

    What is there already stays as it is. The private key is encrypted with a passphrase, which is asked for or taken
    from --passphrase-file, ASSAY_PASSPHRASE_FILE or ASSAY_PASSPHRASE.
    """
    root = folder.resolve()
    passphrase = None if no_passphrase else passphrase_source(passphrase_file, confirm=True)(root / ".assay" / "key")
    made = initialise(root, name=name or root.name, identity=identity or getpass.getuser(), passphrase=passphrase)
    for path in made.made:
        click.echo(f"made  {path}")
    click.echo(f"\nThe signing key of {made.identity} is {made.keyid[:12]}.")
    if no_passphrase:
        click.echo(click.style("It lies on this disk unencrypted: whoever reads it can sign as you.", fg="yellow"))
    if made.stranger:
        click.echo("\nIt counts once somebody who is trusted has added this to trust.toml:\n\n" + made.stranger)
    else:
        click.echo("Keep trust.toml under version control, and .assay/key away from it.")
    click.echo("\nNext: describe your stages in assay.toml, then `assay run`.")
