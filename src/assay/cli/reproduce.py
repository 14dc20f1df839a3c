"""``assay reproduce``: the same again?"""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import format_option, project_option, trust_option
from assay.core import jsontext
from assay.pipeline.project import find_root, open_project
from assay.pipeline.reproduce import Difference, Reproduction, reproduce


@click.command("reproduce")
@click.argument("artifact", type=click.Path(path_type=Path))
@click.option("--quiet", is_flag=True, help="Do not show what the command prints.")
@format_option("text", "json")
@project_option
@trust_option
def command(artifact: Path, quiet: bool, form: str, folder: Path | None, trust: Path | None) -> None:
    """Run the stage that made ARTIFACT again, in a fresh folder, from its recorded inputs, and compare digests.

    Exit status 0: bit for bit the same. 1: it names what differs. 2: it could not be run again.
    """
    project = open_project(folder or find_root(artifact.absolute().parent), trust=trust)
    show = not quiet and form == "text"

    def on_output(output: bytes) -> None:
        if show:
            click.echo(click.style(output.decode(errors="replace").rstrip("\n"), dim=True), err=True)

    with project.open_ledger() as ledger:
        result = reproduce(project, ledger, artifact, on_output)
    click.echo(jsontext.dumps(_json(result)).decode() if form == "json" else _text(result))
    raise click.exceptions.Exit(0 if result.same else 1)


def _text(result: Reproduction) -> str:
    build = result.build
    head = f"stage {build.stage}, entry {build.entry}"
    if result.same:
        made = "\n".join(f"  {item.name}  {item.digest}" for item in build.outputs)
        return f"{click.style('REPRODUCED', fg='green', bold=True)}  {head}: bit for bit the same\n{made}"
    lines = [f"{click.style('DIFFERS', fg='red', bold=True)}  {head}"]
    lines += [f"  {_difference(item)}" for item in result.differences]
    if result.causes:
        lines += ["", "what is not as it was then:", *(f"  {cause}" for cause in result.causes)]
    return "\n".join(lines)


def _difference(item: Difference) -> str:
    if item.expected is None:
        return f"{item.name}  was not made then"
    if item.actual is None:
        return f"{item.name}  was not made now"
    place = f", first at byte {item.offset}" if item.offset is not None else ""
    return f"{item.name}  recorded {item.expected.short}, now {item.actual.short}{place}"


def _json(result: Reproduction) -> jsontext.Json:
    return {
        "stage": result.build.stage,
        "entry": result.build.entry,
        "same": result.same,
        "differences": [
            {
                "name": item.name,
                "expected": str(item.expected) if item.expected else None,
                "actual": str(item.actual) if item.actual else None,
                "offset": item.offset,
            }
            for item in result.differences
        ],
        "causes": list(result.causes),
    }
