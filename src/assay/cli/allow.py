"""``assay allow``: answer for a callable that models of one's own may call."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from assay.attest.predicates.allowance import Allowed
from assay.cli.options import (
    format_option,
    passphrase_option,
    passphrase_source,
    project_option,
    trust_option,
)
from assay.core import jsontext
from assay.core.artifact import Artifact
from assay.core.visible import visible
from assay.hashing.artifact import hash_artifact
from assay.pipeline.allow import Allowances, allow, read_allowances, revoke
from assay.pipeline.project import Project, find_root, load_signer, open_project


@click.command("allow")
@click.argument("callable_name", metavar="[CALLABLE]", required=False)
@click.option("--for", "artifact", type=click.Path(path_type=Path), help="Only in this file or folder, as it is now.")
@click.option("--everything", is_flag=True, help="In every artifact.")
@click.option("--reason", help="Why; required.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds, at most a year away; required."
)
@click.option("--list", "listing", is_flag=True, help="Show what is allowed, what ended, and what does not count.")
@click.option("--revoke", "ends", type=click.IntRange(min=0), metavar="ENTRY", help="Take back what ENTRY allowed.")
@format_option("text", "json")
@project_option
@trust_option
@passphrase_option
def command(
    callable_name: str | None,
    artifact: Path | None,
    reason: str | None,
    until: datetime | None,
    ends: int | None,
    form: str,
    folder: Path | None,
    trust: Path | None,
    passphrase_file: Path | None,
    *,
    everything: bool,
    listing: bool,
) -> None:
    """Let models call CALLABLE, such as `ourlib.layers.Attention`, although no list of assay's knows it.

    It takes an identity with the role "verifier", a reason and an end, and is written to the ledger, signed. Scans in
    this project then tell the call without holding it against the file.
    """
    project = open_project(folder or find_root(Path.cwd()), trust=trust)
    if listing:
        with project.open_ledger() as ledger:
            found = read_allowances(project, ledger)
        click.echo(jsontext.printed(_json(found)) if form == "json" else _text(found))
        return
    if reason is None:
        raise click.UsageError("give a --reason")
    signer = load_signer(project, passphrase_source(passphrase_file))
    with project.open_ledger(writable=True) as ledger:
        if ends is not None:
            entry = revoke(project, ledger, signer, ends, reason=reason)
        else:
            name, day = _asked(callable_name, artifact, until, everything=everything)
            judged = None if artifact is None else _hashed(project, artifact)
            entry = allow(project, ledger, signer, name, artifact=judged, reason=reason, until=day)
    click.echo(jsontext.printed({"entry": entry}) if form == "json" else f"recorded as entry {entry}")


def _asked(name: str | None, artifact: Path | None, until: datetime | None, *, everything: bool) -> tuple[str, date]:
    if name is None or until is None:
        raise click.UsageError("give a CALLABLE and the last day it may be called, --until YYYY-MM-DD")
    if everything == (artifact is not None):
        raise click.UsageError("give either --for ARTIFACT or --everything")
    return name, until.date()


def _hashed(project: Project, path: Path) -> Artifact:
    name = project.name_of(path)
    if name is None:
        return hash_artifact(path, name=path.name)
    return hash_artifact(project.path(name), name=name, within=project.root)


def _text(found: Allowances) -> str:
    lines = [_line(item, "allowed") for item in found.standing]
    lines += [_line(item, "ended") for item in found.ended]
    lines += [
        f"{item.entry:>6}  {click.style('does not count', fg='red')}  {visible(item.reason)}" for item in found.rejected
    ]
    return "\n".join(lines) or "nothing is allowed beyond assay's own lists"


def _line(item: Allowed, state: str) -> str:
    scope = "everything" if item.everything else visible(item.subjects[0].name)
    said = f"{visible(item.callable)} in {scope} until {item.until} by {item.signer}: {visible(item.reason)}"
    return f"{item.entry:>6}  {click.style(state, fg='green' if state == 'allowed' else None):<8}  {said}"


def _json(found: Allowances) -> jsontext.Json:
    return {
        "allowed": [_entry(item) for item in found.standing],
        "ended": [_entry(item) for item in found.ended],
        "rejected": [{"entry": item.entry, "reason": item.reason} for item in found.rejected],
    }


def _entry(item: Allowed) -> jsontext.Json:
    return {
        "entry": item.entry,
        "callable": item.callable,
        "everything": item.everything,
        "subjects": [{"name": subject.name, "digest": str(subject.digest)} for subject in item.subjects],
        "reason": item.reason,
        "until": item.until,
        "signer": item.signer,
    }
