"""``assay store``: the store for models and data itself."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.options import (
    format_option,
    passphrase_option,
    passphrase_source,
    project_option,
    store_passphrase,
    trust_option,
)
from assay.core import jsontext
from assay.pipeline.project import find_root, load_signer, open_project
from assay.pipeline.store_audit import audit_store
from assay.pipeline.stored import everything, open_objects, store_settings
from assay.pipeline.storing import make_store, open_store
from assay.report.stored import finding_text, findings_json, stored_json, stored_text


@click.group("store")
def command() -> None:
    """Make, list and audit the store for models and data."""


@command.command("init")
@project_option
@passphrase_option
def init(folder: Path | None, passphrase_file: Path | None) -> None:
    """Make the store that [store] in assay.toml describes, or take on one that is there; record it."""
    project = open_project(folder or find_root(Path.cwd()))
    passphrase = passphrase_source(passphrase_file)
    signer = load_signer(project, passphrase)
    with project.open_ledger(writable=True) as ledger:
        entry = make_store(project, ledger, signer, store_passphrase(passphrase))
    kind = "encrypted" if store_settings(project.settings).recipients else "not encrypted"
    click.echo(f"store made, {kind}; recorded as entry {entry}")


@command.command("list")
@format_option("text", "json")
@project_option
@trust_option
def listed(form: str, folder: Path | None, trust: Path | None) -> None:
    """List every version that was pushed, newest first, as the ledger says it; the store itself is not asked."""
    project = open_project(folder or find_root(Path.cwd()), trust=trust)
    with project.open_ledger() as ledger:
        project.check(ledger)
        found = list(everything(project, ledger))
    click.echo(jsontext.dumps(stored_json(found)).decode() if form == "json" else stored_text(found))


@command.command("audit")
@format_option("text", "json")
@project_option
@trust_option
def audit(form: str, folder: Path | None, trust: Path | None) -> None:
    """Read every blob that the ledger speaks of, and look at what else lies in the store.

    Finds blobs that are missing, altered, unencrypted or needed by nothing, and a folder that is open to others. Exit
    status 0 nothing found, 1 findings, 2 could not tell.
    """
    project = open_project(folder or find_root(Path.cwd()), trust=trust)
    objects = open_objects(store_settings(project.settings))
    with project.open_ledger() as ledger:
        blobs = open_store(project, ledger, store_passphrase(passphrase_source(None)), objects)
        findings = list(audit_store(project, ledger, blobs, objects))
    if form == "json":
        click.echo(jsontext.dumps(findings_json(findings)).decode())
    else:
        click.echo("\n".join(map(finding_text, findings)) or "nothing found")
    raise click.exceptions.Exit(1 if findings else 0)
