"""``assay approve``: put your name to exact bytes for an environment."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from assay.cli.options import (
    format_option,
    passphrase_option,
    passphrase_source,
    project_option,
    trust_option,
)
from assay.core import jsontext
from assay.core.digest import Digest
from assay.core.evidence import SignOff
from assay.core.visible import visible
from assay.hashing.artifact import hash_artifact
from assay.pipeline.approvals import SignOffs, standing
from assay.pipeline.approve import approve, withdraw
from assay.pipeline.project import Project, find_root, load_signer, open_project
from assay.pipeline.prove import Judgement, read_policy
from assay.report.decision import chain_text, decision_text


@click.command("approve")
@click.argument("artifact", type=click.Path(path_type=Path), required=False)
@click.option("--for", "environment", help="The environment it may go into, such as production.")
@click.option("--note", default="", help="What you looked at; it is kept with your approval.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds.  [default: no end]")
@click.option("--despite", default="", metavar="REASON", help="Why you approve although the policy denies it.")
@click.option(
    "--policy", type=click.Path(path_type=Path, dir_okay=False), help="What it has to satisfy.  [default: assay's own]"
)
@click.option("--yes", is_flag=True, help="Do not ask at the terminal.")
@click.option("--list", "listing", is_flag=True, help="Show the approvals, of ARTIFACT as it is now or of everything.")
@click.option("--withdraw", "ends", type=click.IntRange(min=0), metavar="ENTRY", help="Take back what ENTRY approved.")
@click.option("--reason", default="", help="Why it is withdrawn.")
@format_option("text", "json")
@project_option
@trust_option
@passphrase_option
def command(
    artifact: Path | None,
    environment: str | None,
    note: str,
    until: datetime | None,
    despite: str,
    policy: Path | None,
    ends: int | None,
    reason: str,
    form: str,
    folder: Path | None,
    trust: Path | None,
    passphrase_file: Path | None,
    *,
    yes: bool,
    listing: bool,
) -> None:
    """Approve ARTIFACT, exactly as it is now, for an environment.

    It takes an identity with the role "approver". The evidence is shown and judged first; the approval is signed and
    written to the ledger. A policy counts approvals with `approved_for`.
    """
    start = artifact.absolute().parent if artifact is not None else Path.cwd()
    project = open_project(folder or find_root(start), trust=trust)
    if listing:
        with project.open_ledger() as ledger:
            found = standing(project, ledger, None if artifact is None else {_digest(project, artifact)})
        click.echo(jsontext.printed(_json(found)) if form == "json" else _text(found))
        return
    if ends is None and (artifact is None or environment is None):
        raise click.UsageError("give an ARTIFACT and the environment it may go into, --for ENVIRONMENT")
    signer = load_signer(project, passphrase_source(passphrase_file))
    with project.open_ledger(writable=True) as ledger:
        if ends is not None:
            entry = withdraw(project, ledger, signer, ends, reason=reason)
        else:
            assert artifact is not None, "asked for above"
            assert environment is not None, "asked for above"
            entry = approve(
                project,
                ledger,
                signer,
                artifact,
                environment=environment,
                policy=read_policy(policy),
                look=lambda judgement: _show(judgement, environment, quiet=form == "json", yes=yes),
                until=until.date() if until else None,
                note=note,
                despite=despite,
            )
    click.echo(jsontext.printed({"entry": entry}) if form == "json" else f"recorded as entry {entry}")


def _show(judgement: Judgement, environment: str, *, quiet: bool, yes: bool) -> None:
    if not quiet:
        click.echo(f"{chain_text(judgement.evidence)}\n\n{decision_text(judgement.decision)}\n")
    if not yes and sys.stdin.isatty():
        click.confirm(f"Approve it for {visible(environment)}?", abort=True, err=True)


def _digest(project: Project, path: Path) -> Digest:
    name = project.name_of(path)
    within = None if name is None else project.root
    return hash_artifact(path if name is None else project.path(name), name=name or path.name, within=within).digest


def _text(found: SignOffs) -> str:
    lines = [_line(item, "stands", "green") for item in found.standing]
    lines += [_line(item, "withdrawn", None) for item in found.withdrawn]
    lines += [
        f"{item.entry:>6}  {click.style('does not count', fg='red')}  {visible(item.reason)}" for item in found.rejected
    ]
    return "\n".join(lines) or "nobody has approved it"


def _line(item: SignOff, state: str, colour: str | None) -> str:
    until = f" until {item.until}" if item.until else ""
    said = "".join(f"; {word}{visible(text)}" for word, text in (("", item.note), ("despite: ", item.despite)) if text)
    what = f"{visible(item.subject.name)} {item.subject.digest.algorithm}:{item.subject.digest.short}"
    by = f"by {visible(item.signer)} on {item.time:%Y-%m-%d}"
    return (
        f"{item.entry:>6}  {click.style(state, fg=colour):<9}  {what} for {visible(item.environment)}{until} {by}{said}"
    )


def _json(found: SignOffs) -> jsontext.Json:
    return {
        "approvals": [_entry(item) for item in found.standing],
        "withdrawn": [_entry(item) for item in found.withdrawn],
        "rejected": [{"entry": item.entry, "reason": item.reason} for item in found.rejected],
    }


def _entry(item: SignOff) -> jsontext.Json:
    return {
        "entry": item.entry,
        "signer": item.signer,
        "name": item.subject.name,
        "digest": str(item.subject.digest),
        "environment": item.environment,
        "until": item.until.isoformat() if item.until else None,
        "note": item.note,
        "despite": item.despite,
        "time": item.time.isoformat(),
    }
