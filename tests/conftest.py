"""What every room's tests share: running ``assay`` as a user does."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time and no clock: what fails, fails again. `--hypothesis-profile=explore` looks further.
settings.register_profile("assay", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("assay")

Assay = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def assay() -> Assay:
    """``assay(folder, "run", "--force")``: the command in this process, in a folder, with no ASSAY_ variable but given.

    Warnings are errors here as everywhere; the tests of starting up and of being killed use processes of their own.
    """
    from assay.cli.main import run as run_assay

    def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        output, errors = _stream(), _stream()
        with chdir(folder), _environment(variables), redirect_stdout(output), redirect_stderr(errors):
            status = run_assay([str(argument) for argument in arguments])
        return subprocess.CompletedProcess(arguments, status, _text(output), _text(errors))

    return run


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(errors="replace")


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in before:
        if name.startswith(("ASSAY_", "GIT_")):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
