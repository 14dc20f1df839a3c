"""``assay scan``: inspect model files and everything around them without opening them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import click

from assay.cli.options import format_option, passphrase_option, passphrase_source, project_option, trust_option
from assay.core import jsontext
from assay.core.finding import Severity
from assay.core.scan import ScanResult
from assay.formats.budget import Limits
from assay.pipeline.inspect import inspect
from assay.scan.progress import Progress, Reached
from assay.scan.scanner import is_url
from assay.scan.settings import Settings

if TYPE_CHECKING:
    from assay.core.allowance import Allowance
    from assay.core.ignore import Ignore
    from assay.pipeline.project import Project

_SEVERITIES: Final = [severity.word for severity in Severity]
_LIMITS: Final = tuple(field.name for field in fields(Limits))
#: Files, or bytes, from which on a progress line is shown, and the seconds between two of them.
_MANY: Final = 64
_LARGE: Final = 256_000_000
_PAUSE: Final = 0.1
#: Columns that a page has at the least.
_NARROWEST: Final = 40


def _limits(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> Limits:  # noqa: ARG001
    chosen: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if name not in _LIMITS or not equals:
            raise click.BadParameter(f"{text!r}; give NAME=NUMBER, with NAME one of {', '.join(_LIMITS)}")
        try:
            chosen[name] = float(value) if name == "seconds" else int(value)
        except ValueError as error:
            raise click.BadParameter(f"{value!r} is no number") from error
        if not 0 < chosen[name] < float("inf"):
            raise click.BadParameter(f"{name} has to be more than 0, and finite")
    return replace(Limits(), **chosen)


@click.command("scan")
@click.argument("targets", nargs=-1, required=True, metavar="PATH|URL...")
@click.option(
    "--fail-on",
    type=click.Choice(_SEVERITIES),
    default=Severity.MEDIUM.word,
    show_default=True,
    help="Findings of this severity or above make the exit status 1.",
)
@click.option(
    "--against",
    "base",
    type=click.Path(path_type=Path, exists=True),
    help="A model that PATH is said to come from: which tensors changed, by how much, in how many directions.",
)
@click.option("--allow-unknown", is_flag=True, help="Exit 0, not 2, when a part could not be told.")
@click.option(
    "--limit", "limits", multiple=True, callback=_limits, metavar="NAME=NUMBER", help="What one file may cost."
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes to work with.  [default: all cores]")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep results for unchanged files.")
@click.option("--every-file", is_flag=True, help="List every file with its formats, not only those with findings.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the answer here, not to the terminal.",
)
@click.option(
    "--ignore",
    "ignore_files",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="A file of findings that somebody accepted, with reasons and end dates.",
)
@click.option("--record", is_flag=True, help="Write the result to the project's ledger, signed; takes one PATH.")
@format_option("text", "json", "sarif", "junit")
@project_option
@trust_option
@passphrase_option
def command(
    targets: tuple[str, ...],
    fail_on: str,
    base: Path | None,
    limits: Limits,
    jobs: int | None,
    output: Path | None,
    ignore_files: tuple[Path, ...],
    form: str,
    folder: Path | None,
    trust: Path | None,
    passphrase_file: Path | None,
    *,
    record: bool,
    allow_unknown: bool,
    no_cache: bool,
    every_file: bool,
) -> None:
    """Inspect model files, and all that lies around them, without loading anything.

    PATH is a file or a folder, URL anything that fsspec reaches: https://, s3://, hf:// and others. Every file is told
    as inspected, as not a model, or as "could not tell".

    What somebody accepted or allowed in a project counts only with --project or --record, never because its files lie
    beside what is scanned.
    """
    if record and (len(targets) != 1 or is_url(targets[0])):
        raise click.UsageError("--record takes one PATH: one artifact, one statement")
    if base is not None and (len(targets) != 1 or is_url(targets[0])):
        raise click.UsageError("--against takes one PATH to compare")
    project = _project(folder, trust, Path(targets[0]) if record else None)
    ignores = _ignores(ignore_files)
    allowances: tuple[Allowance, ...] = ()
    if project is not None:
        ignores += project.settings.ignores
        allowances = _allowances(project)
    with progress_line() as progress:
        result = inspect(
            targets,
            Settings(limits, allowances),
            base=base,
            ignores=ignores,
            cache=None if no_cache else _cache(),
            progress=progress,
            jobs=jobs,
        )
    severity = Severity[fail_on.upper()]
    _write(_rendered(result, form, severity, allow_unknown=allow_unknown, every_file=every_file), output)
    if record and project is not None:
        entry = _record(project, Path(targets[0]), result, passphrase_file)
        click.echo(f"recorded as entry {entry}", err=True)
    raise click.exceptions.Exit(result.exit_code(severity, allow_unknown=allow_unknown))


def _cache() -> Path:
    from assay.scan.cache import cache_folder

    return cache_folder(os.environ)


def _ignores(files: tuple[Path, ...]) -> list[Ignore]:
    if not files:
        return []
    from assay.config import read_ignores

    return [entry for path in files for entry in read_ignores(path)]


def _project(folder: Path | None, trust: Path | None, recorded: Path | None) -> Project | None:
    if folder is None and recorded is None:
        if trust is not None:
            raise click.UsageError("--trust goes with --project or --record")
        return None
    from assay.pipeline.project import find_root, open_project

    return open_project(folder or find_root((recorded or Path()).absolute().parent), trust=trust)


def _allowances(project: Project) -> tuple[Allowance, ...]:
    from assay.pipeline.allow import read_allowances

    with project.open_ledger() as ledger:
        return read_allowances(project, ledger).for_scanning()


def _record(project: Project, target: Path, result: ScanResult, passphrase_file: Path | None) -> int:
    from assay.pipeline.project import load_signer
    from assay.pipeline.scan import record_scan

    signer = load_signer(project, passphrase_source(passphrase_file))
    with project.open_ledger(writable=True) as ledger:
        return record_scan(project, ledger, signer, target, result)


def _rendered(result: ScanResult, form: str, fail_on: Severity, *, allow_unknown: bool, every_file: bool) -> str:
    if form == "json":
        from assay.report.scan_json import scan_json

        return jsontext.printed(scan_json(result, fail_on=fail_on, allow_unknown=allow_unknown))
    if form == "sarif":
        from assay.report.sarif import sarif
        from assay.scan.rules import all_rules

        return jsontext.printed(sarif(result, all_rules(), fail_on=fail_on, allow_unknown=allow_unknown))
    if form == "junit":
        from assay.report.junit import junit_xml

        return junit_xml(result, fail_on=fail_on, allow_unknown=allow_unknown)
    import shutil

    from assay.report.scan_text import WIDTH, scan_text

    # A person's terminal says how wide it is; a file or a pipe is as wide as a page.
    width = max(_NARROWEST, min(shutil.get_terminal_size((WIDTH, 0)).columns, WIDTH))
    return scan_text(result, fail_on=fail_on, allow_unknown=allow_unknown, every_file=every_file, width=width)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text)
    else:
        from assay.hashing.writing import write_atomically

        write_atomically(output, text.encode() + b"\n")


@contextmanager
def progress_line() -> Iterator[Progress | None]:
    """A line on the terminal that says how far a long scan is; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    shown = -_PAUSE

    def tell(reached: Reached) -> None:
        nonlocal shown
        now = monotonic()
        if (reached.all_files >= _MANY or reached.whole >= _LARGE) and now - shown >= _PAUSE:
            shown = now
            click.echo(f"\r\033[K{told(reached)}", nl=False, err=True)

    try:
        yield tell
    finally:
        if shown >= 0:
            click.echo("\r\033[K", nl=False, err=True)


def told(reached: Reached) -> str:
    """``12 of 140 files, 3.2 of 30.1 GB``; files alone where nobody knows the sizes."""
    files = f"{reached.files:,} of {reached.all_files:,} {'file' if reached.all_files == 1 else 'files'}"
    if not reached.whole:
        return files
    unit, name = (10**9, "GB") if reached.whole >= 10**9 else (10**6, "MB")
    return f"{files}, {reached.size / unit:,.1f} of {reached.whole / unit:,.1f} {name}"
