"""``assay scan``: inspect model files and everything around them without opening them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Final

import click

from assay.cli.options import format_option
from assay.core import jsontext
from assay.core.finding import Severity
from assay.core.scan import ScanResult
from assay.formats.budget import Limits
from assay.pipeline.inspect import inspect
from assay.scan.cache import cache_folder
from assay.scan.scanner import Progress
from assay.scan.settings import Settings

_SEVERITIES: Final = [severity.word for severity in Severity]
_LIMITS: Final = {field.name: field.type for field in fields(Limits)}
#: Files and bytes from which on a progress line is shown.
_LONG: Final = 64


def _limits(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> Limits:  # noqa: ARG001
    limits = Limits()
    for text in given:
        name, equals, value = text.partition("=")
        if name not in _LIMITS or not equals:
            raise click.BadParameter(f"{text!r}; give NAME=NUMBER, with NAME one of {', '.join(_LIMITS)}")
        try:
            number = float(value) if name == "seconds" else int(value)
        except ValueError as error:
            raise click.BadParameter(f"{value!r} is no number") from error
        if not number > 0:
            raise click.BadParameter(f"{name} has to be more than 0")
        limits = replace(limits, **{name: number})
    return limits


@click.command("scan")
@click.argument("targets", nargs=-1, required=True, metavar="PATH|URL...")
@click.option(
    "--fail-on",
    type=click.Choice(_SEVERITIES),
    default=Severity.MEDIUM.word,
    show_default=True,
    help="Findings of this severity or above make the exit status 1.",
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
@format_option("text", "json", "sarif", "junit")
def command(
    targets: tuple[str, ...],
    fail_on: str,
    limits: Limits,
    jobs: int | None,
    output: Path | None,
    form: str,
    *,
    allow_unknown: bool,
    no_cache: bool,
    every_file: bool,
) -> None:
    """Inspect model files, and all that lies around them, without loading anything.

    PATH is a file or a folder, URL anything that fsspec reaches: https://, s3://, hf:// and others. Every file is told
    as inspected, as not a model, or as "could not tell".
    """
    settings = Settings(limits)
    with _progress() as progress:
        result = inspect(
            targets, settings, cache=None if no_cache else cache_folder(os.environ), progress=progress, jobs=jobs
        )
    severity = Severity[fail_on.upper()]
    _write(_rendered(result, form, severity, allow_unknown=allow_unknown, every_file=every_file), output)
    raise click.exceptions.Exit(result.exit_code(severity, allow_unknown=allow_unknown))


def _rendered(result: ScanResult, form: str, fail_on: Severity, *, allow_unknown: bool, every_file: bool) -> str:
    if form == "json":
        from assay.report.scan_json import scan_json

        return jsontext.dumps(scan_json(result, fail_on=fail_on, allow_unknown=allow_unknown)).decode()
    if form == "sarif":
        from assay.report.sarif import sarif
        from assay.scan.rules import all_rules

        return jsontext.dumps(sarif(result, all_rules())).decode()
    if form == "junit":
        from assay.report.junit import junit_xml

        return junit_xml(result, fail_on=fail_on, allow_unknown=allow_unknown)
    from assay.report.scan_text import scan_text

    return scan_text(result, every_file=every_file)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text)
    else:
        from assay.hashing.writing import write_atomically

        write_atomically(output, text.encode() + b"\n")


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A line on the terminal that says how far a long scan is; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    shown = False

    def tell(done: int, files: int, size: int) -> None:  # noqa: ARG001
        nonlocal shown
        if files >= _LONG:
            shown = True
            click.echo(f"\r\033[K{done:,} of {files:,} files", nl=False, err=True)

    try:
        yield tell
    finally:
        if shown:
            click.echo("\r\033[K", nl=False, err=True)
