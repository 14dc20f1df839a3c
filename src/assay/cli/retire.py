"""``assay retire``: a version must not be deployed any more."""

from __future__ import annotations

from datetime import UTC, datetime
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
from assay.core.digest import DIR_HASH, SHA256, Digest, parse_digest
from assay.core.evidence import Retirement
from assay.core.statement import Subject
from assay.core.visible import visible
from assay.hashing.artifact import hash_artifact
from assay.pipeline.project import Project, find_root, load_signer, open_project
from assay.pipeline.retire import Retirements, reinstate, retire, retired


@click.command("retire")
@click.argument("artifact", metavar="[ARTIFACT|DIGEST]", required=False)
@click.option("--reason", default="", help="Why; required, and shown to whoever is denied.")
@click.option("--replaced-by", metavar="DIGEST", help="The version to deploy instead.")
@click.option(
    "--from",
    "starts",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="When it begins, in UTC.  [default: now]",
)
@click.option("--list", "listing", is_flag=True, help="Show what is retired.")
@click.option("--undo", type=click.IntRange(min=0), metavar="ENTRY", help="Undo what ENTRY retired.")
@format_option("text", "json")
@project_option
@trust_option
@passphrase_option
def command(
    artifact: str | None,
    reason: str,
    replaced_by: str | None,
    starts: datetime | None,
    undo: int | None,
    form: str,
    folder: Path | None,
    trust: Path | None,
    passphrase_file: Path | None,
    *,
    listing: bool,
) -> None:
    """Retire ARTIFACT, exactly as it is now, or the version with a DIGEST (sha256:... or dirHash:...).

    It takes an identity with the role "approver". No gate with `not_retired`, which the default policy has, lets these
    bytes through any more, under whatever name: not alone, not in a folder, not in a folder that has them.
    """
    project = open_project(folder or find_root(Path.cwd()), trust=trust)
    if listing:
        with project.open_ledger() as ledger:
            found = retired(project, ledger)
        click.echo(jsontext.printed(_json(found)) if form == "json" else _text(found))
        return
    if (artifact is None) == (undo is None):
        raise click.UsageError("give an ARTIFACT or a DIGEST to retire, or --undo ENTRY")
    signer = load_signer(project, passphrase_source(passphrase_file))
    with project.open_ledger(writable=True) as ledger:
        if undo is not None:
            entry = reinstate(project, ledger, signer, undo, reason=reason)
        else:
            assert artifact is not None, "asked for above"
            entry = retire(
                project,
                ledger,
                signer,
                _subject(project, artifact),
                reason=reason,
                replaced_by=_read(replaced_by) if replaced_by else None,
                starts=starts.replace(tzinfo=UTC) if starts else None,
            )
    click.echo(jsontext.printed({"entry": entry}) if form == "json" else f"recorded as entry {entry}")


def _subject(project: Project, given: str) -> Subject:
    """A digest when it is written like one, else what lies there."""
    if given.startswith((f"{SHA256}:", f"{DIR_HASH}:")):
        return Subject(given, _read(given))
    path = Path(given)
    name = project.name_of(path)
    if name is None:
        artifact = hash_artifact(path, name=path.name)
    else:
        artifact = hash_artifact(project.path(name), name=name, within=project.root)
    return Subject(artifact.path, artifact.digest)


def _read(text: str) -> Digest:
    return parse_digest(text, algorithm=DIR_HASH if text.startswith(f"{DIR_HASH}:") else SHA256)


def _text(found: Retirements) -> str:
    lines = [_line(item, "retired", "red") for item in found.standing]
    lines += [_line(item, "undone", None) for item in found.undone]
    lines += [
        f"{item.entry:>6}  {click.style('cannot tell', fg='yellow')}  {visible(item.reason)}" for item in found.rejected
    ]
    return "\n".join(lines) or "nothing is retired"


def _line(item: Retirement, state: str, colour: str | None) -> str:
    digest = f"{item.subject.digest.algorithm}:{item.subject.digest.short}"
    name = "" if item.subject.name == str(item.subject.digest) else f"{visible(item.subject.name)} "
    instead = f"; replaced by {item.replaced_by}" if item.replaced_by else ""
    since = f"from {item.starts:%Y-%m-%d %H:%M} UTC by {visible(item.signer)}"
    return (
        f"{item.entry:>6}  {click.style(state, fg=colour):<7}  {name}{digest} {since}: {visible(item.reason)}{instead}"
    )


def _json(found: Retirements) -> jsontext.Json:
    return {
        "retired": [_entry(item) for item in found.standing],
        "undone": [_entry(item) for item in found.undone],
        "rejected": [{"entry": item.entry, "reason": item.reason} for item in found.rejected],
    }


def _entry(item: Retirement) -> jsontext.Json:
    return {
        "entry": item.entry,
        "signer": item.signer,
        "name": item.subject.name,
        "digest": str(item.subject.digest),
        "reason": item.reason,
        "replaced_by": str(item.replaced_by) if item.replaced_by else None,
        "from": item.starts.isoformat(),
        "time": item.time.isoformat(),
    }
