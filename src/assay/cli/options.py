"""What several commands ask in the same way: the project, the format of the answer, the passphrase."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from assay.core.errors import KeyFileError

F = TypeVar("F", bound=Callable[..., Any] | click.Command)

_MAX_PASSPHRASE: Final = 4096


def format_option(*choices: str) -> Callable[[F], F]:
    """``--format``, the first choice by default; the top group reads it to render errors alike."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        callback=_remember_format,
        help="How to print the answer.",
    )


def project_option(function: F) -> F:
    """``--project``: the folder that holds ``assay.toml``."""
    return click.option(
        "--project",
        "folder",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="The project's folder.  [default: the nearest one with an assay.toml]",
    )(function)


def trust_option(function: F) -> F:
    """``--trust``: another trust file than the project's."""
    return click.option(
        "--trust",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A trust file of your own, instead of the project's trust.toml.",
    )(function)


def since_option(function: F) -> F:
    """``--since``: checkpoints from earlier that the ledger has to continue."""
    return click.option(
        "--since",
        type=click.Path(path_type=Path, dir_okay=False),
        multiple=True,
        help="A checkpoint from earlier, as `log checkpoint` printed it: the ledger has to continue it.",
    )(function)


def passphrase_option(function: F) -> F:
    """``--passphrase-file``: where the signing key's passphrase stands."""
    return click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A file whose first line is the key's passphrase.  [default: the environment, or ask]",
    )(function)


def passphrase_source(file: Path | None, *, confirm: bool = False) -> Callable[[Path], bytes]:
    """Finds the passphrase of a key when it is needed: from ``file``, the environment, or the terminal.

    :param confirm: ask twice, as for a new key
    """

    def find(key: Path) -> bytes:
        named = file or (Path(value) if (value := os.environ.get("ASSAY_PASSPHRASE_FILE")) else None)
        if named is not None:
            return _first_line(named)
        if (value := os.environ.get("ASSAY_PASSPHRASE")) is not None:
            return value.encode()
        if not sys.stdin.isatty():
            raise KeyFileError(
                "the signing key needs a passphrase, and there is no terminal to ask at",
                where=str(key),
                remedy="Set ASSAY_PASSPHRASE_FILE or ASSAY_PASSPHRASE, or give --passphrase-file.",
            )
        answer = click.prompt(f"Passphrase for {key.name}", hide_input=True, confirmation_prompt=confirm, err=True)
        return str(answer).encode()

    return find


def store_passphrase(otherwise: Callable[[Path], bytes]) -> Callable[[Path], bytes]:
    """Finds the passphrase of the store's identity file: ``ASSAY_STORE_PASSPHRASE_FILE``, else as ``otherwise``."""
    named = os.environ.get("ASSAY_STORE_PASSPHRASE_FILE")
    return otherwise if named is None else passphrase_source(Path(named))


def _first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            line = file.readline(_MAX_PASSPHRASE).rstrip(b"\r\n")
    except OSError as error:
        raise KeyFileError(f"the passphrase file cannot be read: {error.strerror}", where=str(path)) from error
    if not line:
        raise KeyFileError("the passphrase file's first line is empty", where=str(path))
    return line


def _remember_format(context: click.Context, parameter: click.Parameter, value: str) -> str:  # noqa: ARG001
    context.meta["assay.format"] = value
    return value
