"""``assay data``: what there is to do before data is used."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.hash import progress_over
from assay.cli.options import format_option
from assay.core import jsontext
from assay.core.errors import IntegrityError
from assay.hashing.names import shown
from assay.hashing.verify import verify_data_integrity


@click.group("data")
def command() -> None:
    """Verify a dataset against a digest that is known from elsewhere."""


@command.command("verify")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("known", metavar="SHA256")
@format_option("text", "json")
def verify(path: Path, known: str, form: str) -> None:
    """Hash FILE, or a folder, and compare with SHA256: the whole digest, in any case, with or without `sha256:`.

    For a folder give its dirHash, as `assay hash` prints it. Exit status 0 when the bytes are the ones that were
    promised, 1 when they are others, 2 when that cannot be told: an unusable digest, an unreadable file.
    """
    with progress_over([path]) as progress:
        try:
            expected = actual = str(verify_data_integrity(path, known, progress=progress))
        except IntegrityError as error:
            expected, actual = error.expected, error.actual
    match = expected == actual
    if form == "json":
        answer: jsontext.Json = {"path": str(path), "match": match, "expected": expected, "actual": actual}
        click.echo(jsontext.dumps(answer).decode())
    elif match:
        click.echo(f"match  {actual}  {shown(str(path))}")
    else:
        click.echo(f"altered  {shown(str(path))}\n  expected  {expected}\n  found     {actual}")
    raise click.exceptions.Exit(0 if match else 1)
