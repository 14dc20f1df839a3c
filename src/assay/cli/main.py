"""``assay``: the group of all commands, each imported only when it is called, and the one place where errors end."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from typing import Final, NamedTuple

import click

from assay import __version__
from assay.core.errors import Error, IntegrityError

#: Objects made between two searches for cycles: what is imported and what a scan keeps is no garbage.
_COLLECT: Final = (50_000, 20, 20)

EXIT_FINDINGS: Final = 1
EXIT_UNKNOWN: Final = 2
EXIT_INTERRUPTED: Final = 130


class Entry(NamedTuple):
    """A command before it is imported: the stage of the pipeline it belongs to, and its line in the help."""

    phase: str
    help: str


#: In the order of the help. ``assay.cli.<name>`` holds a click command called ``command``.
COMMANDS: Final = {
    "init": Entry("Set up", "Make a project: settings, a signing key, a trust file, a ledger."),
    "hash": Entry("Data collection", "Write or check a manifest of files and folders."),
    "data": Entry("Data collection", "Verify a dataset against a known digest."),
    "run": Entry("Training and evaluation", "Run the pipeline's stages and attest what they make."),
    "reproduce": Entry("Training and evaluation", "Run a recorded stage again and compare, bit for bit."),
    "scan": Entry("Inspection", "Inspect model files and what lies around them, without opening them."),
    "rules": Entry("Inspection", "List what a scan looks for."),
    "explain": Entry("Inspection", "Print one rule's page."),
    "allow": Entry("Inspection", "Answer for a callable that models of your own may call."),
    "sign": Entry("Deployment", "Sign a model for others: OpenSSF Model Signing v1."),
    "verify": Entry("Deployment", "Prove an artifact back to its sources and show the chain."),
    "approve": Entry("Deployment", "Approve an artifact for an environment."),
    "retire": Entry("Deployment", "Mark a version as no longer deployable."),
    "gate": Entry("Deployment", "Decide by a policy whether an artifact may be shipped; record it."),
    "load": Entry("Deployment", "Hand out an artifact's bytes, only if they verify."),
    "store": Entry("Storage", "Make, list and audit the store for models and data."),
    "push": Entry("Storage", "Store an artifact, only if it is proved as the settings demand."),
    "pull": Entry("Storage", "Fetch an artifact from the store, verified while it is written."),
    "log": Entry("Monitoring and audit", "Read, prove and audit the ledger."),
}


class Assay(click.Group):
    """The top group: imports a command when it is called, and shows them all by stage of the pipeline."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"assay.cli.{cmd_name}").command
        assert isinstance(command, click.Command), "every module of COMMANDS has one"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for phase in dict.fromkeys(entry.phase for entry in COMMANDS.values()):
            with formatter.section(phase):
                rows = [(name, entry.help) for name, entry in COMMANDS.items() if entry.phase == phase]
                formatter.write_dl(rows, col_spacing=4)


def _version(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:  # noqa: ARG001
    """What a report of a defect has to say: the versions of the package and its rules, and in which form it runs."""
    if not wanted or context.resilient_parsing:
        return
    from assay.formats.compiled import is_compiled, prefer
    from assay.formats.pickle.hot import HOT
    from assay.scan.version import rules_version

    prefer(HOT)
    form = "compiled" if is_compiled(importlib.import_module(HOT[-1])) else "interpreted"
    click.echo(f"assay, version {__version__}\nrules {rules_version()}, {form} loops")
    context.exit()


@click.command(
    cls=Assay,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 nothing against it, 1 findings or a denial, 2 could not tell.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
def group() -> None:
    """The chain of custody for AI pipelines: from the raw data to the served model, hash, record, sign and prove."""


def main(arguments: list[str] | None = None) -> None:
    """Run ``assay`` and exit."""
    gc.set_threshold(*_COLLECT)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our marks gets question marks, not a failure
    status = run(sys.argv[1:] if arguments is None else arguments)
    gc.freeze()  # the process ends: nothing has to be looked for in what it still holds
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run ``assay`` with ``arguments`` and return the exit status."""
    try:
        context = group.make_context("assay", list(arguments))
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return EXIT_UNKNOWN
    with context:
        return _invoke(context)


def _invoke(context: click.Context) -> int:
    status = 0
    try:
        group.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        status = done.exit_code
    except click.ClickException as error:
        error.show()
        status = EXIT_UNKNOWN
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains as it ends
        status = EXIT_UNKNOWN
    except Error as error:
        # Other bytes than were promised is an answer; everything else is the lack of one.
        refused = isinstance(error, IntegrityError) or isinstance(error.__cause__, IntegrityError)
        _show(error, as_json=context.meta.get("assay.format") == "json", refused=refused)
        status = EXIT_FINDINGS if refused else EXIT_UNKNOWN
    except OSError as error:
        what = f"the operating system refused: {error.strerror or type(error).__name__}"
        refusal = Error(what, where=str(error.filename or ""), remedy="Check the disk and the permissions; try again.")
        _show(refusal, as_json=context.meta.get("assay.format") == "json", refused=False)
        status = EXIT_UNKNOWN
    except Exception as error:
        # A defect of ours. What was inspected may be in its message, so nothing of it is shown unless asked for.
        if os.environ.get("ASSAY_TRACEBACK"):
            import traceback

            traceback.print_exc()
        click.echo(
            f"{click.style('error', fg='red', bold=True)}  assay has a defect here ({type(error).__name__})\n"
            "  mend   set ASSAY_TRACEBACK=1, run it again, and report what it prints",
            err=True,
        )
        status = EXIT_UNKNOWN
    return status


def _show(error: Error, *, as_json: bool, refused: bool) -> None:
    if as_json:
        from assay.core import jsontext

        detail: jsontext.Json = {"what": error.what, "where": error.where, "remedy": error.remedy}
        click.echo(jsontext.dumps({"error": detail}).decode())
        return
    lines = [f"{click.style('refused' if refused else 'error', fg='red', bold=True)}  {error.what}"]
    lines += [f"  {label}  {text}" for label, text in (("where", error.where), ("mend ", error.remedy)) if text]
    click.echo("\n".join(lines), err=True)
