"""``assay run``: run the pipeline."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import click

from assay.attest.signers import Signer
from assay.cli.options import format_option, passphrase_option, passphrase_source, project_option, trust_option
from assay.core import jsontext
from assay.pipeline.project import find_root, load_signer, open_project
from assay.pipeline.run import Event, State, run_pipeline
from assay.report.decision import decision_text

_MARKS: Final = {
    State.UNCHANGED: click.style("=", dim=True),
    State.ALLOWED: click.style("✓", fg="green"),
    State.PASSED: click.style("✓", fg="green"),
    State.DENIED: click.style("✗", fg="red"),
    State.FAILED: click.style("✗", fg="red"),
    State.RUNNING: click.style("▸", fg="cyan"),
}


@click.command("run")
@click.argument("stages", nargs=-1)
@click.option("--force", is_flag=True, help="Run the stages although nothing changed.")
@click.option("--quiet", is_flag=True, help="Do not show what the commands print.")
@format_option("text", "json")
@project_option
@trust_option
@passphrase_option
def command(
    stages: tuple[str, ...],
    force: bool,
    quiet: bool,
    form: str,
    folder: Path | None,
    trust: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Run STAGES and what they rest on; all of them by default.

    Each stage's inputs are verified against what the stage before attested, its outputs are hashed, and a signed
    statement about the run goes to the ledger. A stage whose attestation still holds is skipped.

    With --format json every event is one JSON object on a line of its own.
    """
    project = open_project(folder or find_root(Path.cwd()), trust=trust)
    passphrase = passphrase_source(passphrase_file)

    @cache
    def signer() -> Signer:
        return load_signer(project, passphrase)

    show = _Lines(quiet).show if form == "text" else _show_json
    result = run_pipeline(project, stages, signer=signer, observe=show, force=force)
    if form == "json":
        done: jsontext.Json = {
            "event": "end",
            "ran": list(result.ran),
            "unchanged": list(result.unchanged),
            "failed": result.failed,
        }
        click.echo(jsontext.dumps(done).decode())
    else:
        _show_end(len(result.ran), len(result.unchanged), result.failed)
    raise click.exceptions.Exit(1 if result.failed else 0)


class _Lines:
    """Progress for people: one line per stage, what the command prints indented under it."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._at_line_start = True

    def show(self, event: Event) -> None:
        if event.state is State.OUTPUT:
            self._show_output(event.output)
            return
        if not self._at_line_start:
            click.echo()
            self._at_line_start = True
        if event.state is State.WAITING:
            click.echo("waiting for another run in this project to end …")
            return
        detail = f"  {click.style(event.detail, dim=True)}" if event.detail else ""
        entries = ", ".join(map(str, event.entries))
        recorded = (
            f"  {click.style(f'entry {entries}', dim=True)}" if entries and event.state is not State.UNCHANGED else ""
        )
        seconds = f"  {event.seconds:.1f} s" if event.seconds else ""
        click.echo(f"{_MARKS[event.state]} {event.stage:<12} {event.state.value:<10}{seconds}{detail}{recorded}")
        if event.state is State.DENIED and event.judgement is not None:
            click.echo(decision_text(event.judgement.decision))

    def _show_output(self, output: bytes) -> None:
        if self._quiet:
            return
        for line in output.decode(errors="replace").splitlines(keepends=True):
            # What a command prints is shown, never obeyed: no escape sequence of its reaches the terminal.
            clean = "".join(character if character.isprintable() else " " for character in line.rstrip("\r\n"))
            prefix = click.style("  │ ", dim=True) if self._at_line_start else ""
            self._at_line_start = line.endswith(("\n", "\r"))
            click.echo(prefix + clean, nl=self._at_line_start)


def _show_json(event: Event) -> None:
    if event.state is State.OUTPUT:
        line: jsontext.Json = {"event": "output", "stage": event.stage, "text": event.output.decode(errors="replace")}
    else:
        line = {
            "event": event.state.value,
            "stage": event.stage,
            "detail": event.detail,
            "entries": list(event.entries),
            "seconds": round(event.seconds, 3),
        }
    click.echo(jsontext.dumps(line).decode())


def _show_end(ran: int, unchanged: int, failed: str | None) -> None:
    if failed:
        click.echo(click.style(f"\nstopped at {failed}", fg="red", bold=True), nl=False)
        click.echo(f": {ran} stages run, {unchanged} unchanged")
    else:
        click.echo(f"\n{ran} stages run, {unchanged} unchanged; every one is attested in the ledger")
