"""``assay log``: the ledger for its readers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from assay.cli.options import format_option, project_option, since_option, trust_option
from assay.core import jsontext
from assay.core.bundle import parse_record
from assay.core.errors import StoreError
from assay.core.proof import LogProof, parse_proof
from assay.pipeline.logbook import Line, audit_ledger, check_proof, lines, prove
from assay.pipeline.project import Project, find_root, open_project, read_note

_MAX_FILE_BYTES = jsontext.MAX_BYTES


@click.group("log", invoke_without_command=True)
@click.option("-n", "--newest", type=click.IntRange(min=1), help="Only the newest so many entries.")
@format_option("text", "json")
@project_option
@trust_option
@click.pass_context
def command(context: click.Context, newest: int | None, form: str, folder: Path | None, trust: Path | None) -> None:
    """Read, prove and audit the ledger; by itself, list the entries."""
    context.obj = project = open_project(folder or find_root(Path.cwd()), trust=trust)
    if context.invoked_subcommand is None:
        with project.open_ledger() as ledger:
            for line in lines(project, ledger, newest=newest):
                click.echo(jsontext.dumps(_line_json(line)).decode() if form == "json" else _line_text(line))


@command.command("show")
@format_option("statement", "envelope")
@click.argument("entry", type=click.IntRange(min=0))
@click.pass_obj
def show(project: Project, entry: int, form: str) -> None:
    """Print the statement of ENTRY, or its signed envelope byte for byte."""
    with project.open_ledger() as ledger:
        envelope = ledger.entry(entry).envelope
    if form == "envelope":
        sys.stdout.buffer.write(envelope)
    else:
        payload = jsontext.loads(parse_record(envelope).envelope.payload, what=f"entry {entry}")
        click.echo(json.dumps(payload, indent=2, ensure_ascii=True))


@command.command("checkpoint")
@click.pass_obj
def checkpoint(project: Project) -> None:
    """Print the newest signed checkpoint; keep it somewhere else, and `log audit --since` tells what came of it."""
    with project.open_ledger() as ledger:
        note = ledger.checkpoint()
    if note is None:
        raise StoreError("the ledger is empty and has no checkpoint yet", where=str(project.settings.ledger))
    project.verifier.verify_note(note)
    click.echo(note, nl=False)


@command.command("prove")
@click.argument("entry", type=click.IntRange(min=0))
@click.pass_obj
def prove_entry(project: Project, entry: int) -> None:
    """Print the proof that ENTRY is in the ledger, as a C2SP tlog-proof, to be checked with `log check` anywhere."""
    with project.open_ledger() as ledger:
        click.echo(prove(project, ledger, entry).render(), nl=False)


@command.command("check")
@click.argument("proof", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("envelope", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def check(project: Project, proof: Path, envelope: Path) -> None:
    """Check PROOF for the ENVELOPE that `log show --format envelope` printed; needs the trust file and no ledger."""
    parsed: LogProof = parse_proof(_read(proof).decode(errors="replace"))
    checkpoint = check_proof(project, parsed, _read(envelope))
    if checkpoint is None:
        click.echo(f"{click.style('NOT PROVED', fg='red', bold=True)}  this envelope is not entry {parsed.index}")
        raise click.exceptions.Exit(1)
    size = checkpoint.size
    click.echo(f"{click.style('PROVED', fg='green', bold=True)}  entry {parsed.index} of {size} in {checkpoint.origin}")


@command.command("audit")
@format_option("text", "json")
@since_option
@click.pass_obj
def audit(project: Project, since: tuple[Path, ...], form: str) -> None:
    """Recompute the whole ledger: every hash, every signature, every checkpoint, every index row.

    Finds what was edited, deleted, added, put into another order or rolled back. Exit status 1 when anything was.
    """
    notes = [read_note(path) for path in since]
    with (
        project.open_ledger() as ledger,
        click.progressbar(
            length=ledger.size,
            label="auditing",
            file=sys.stderr,
            hidden=form == "json" or ledger.size < 5000,
        ) as bar,
    ):
        report = audit_ledger(project, ledger, since=notes, progress=lambda done: bar.update(done - bar.pos))
    problems = [(problem.entry, problem.message) for problem in report.problems]
    if form == "json":
        found: jsontext.Json = {
            "size": report.size,
            "checkpoints": report.checkpoints_checked,
            "problems": [{"entry": entry, "message": message} for entry, message in problems],
        }
        click.echo(jsontext.dumps(found).decode())
    else:
        for entry, message in problems:
            place = f"entry {entry}: " if entry is not None else ""
            click.echo(f"{click.style('✗', fg='red')} {place}{message}")
        verdict = (
            click.style("TAMPERED", fg="red", bold=True) if problems else click.style("WHOLE", fg="green", bold=True)
        )
        click.echo(
            f"{verdict}  {report.size} entries, {report.checkpoints_checked} checkpoints, {len(problems)} problems"
        )
    raise click.exceptions.Exit(1 if problems else 0)


@command.command("adopt")
@click.pass_obj
def adopt(project: Project) -> None:
    """Let the witness begin with the ledger as it is now: for a fresh copy of a ledger that you trust."""
    with project.open_ledger() as ledger:
        report = audit_ledger(project, ledger, since=(), witness=False)
        note = ledger.checkpoint()
    if report.problems or note is None:
        raise StoreError(
            "a ledger that is empty or not whole cannot be adopted",
            where=str(project.settings.ledger),
            remedy="Run `assay log audit`.",
        )
    adopted = project.witness.adopt(note, verifier=project.verifier)
    click.echo(f"the witness remembers {adopted.size} entries of {adopted.origin}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise StoreError(f"the file cannot be read: {error.strerror}", where=str(path)) from error


def _line_text(line: Line) -> str:
    time = f"{line.time:%Y-%m-%d %H:%M:%S}" if line.time else " " * 19
    who = line.signer or click.style(line.problem, fg="red")
    about = ", ".join(subject.name for subject in line.subjects[:3]) + (" …" if len(line.subjects) > 3 else "")
    return f"{line.entry:>6}  {time}  {line.kind:<20}  {line.summary:<14}  {who:<12}  {about}"


def _line_json(line: Line) -> jsontext.Json:
    return {
        "entry": line.entry,
        "kind": line.kind,
        "summary": line.summary,
        "time": line.time.isoformat() if line.time else None,
        "signer": line.signer or None,
        "problem": line.problem or None,
        "subjects": [{"name": subject.name, "digest": str(subject.digest)} for subject in line.subjects],
    }
