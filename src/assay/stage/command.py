"""Run the command of one stage, open or isolated, and say how it went."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from assay.core.digest import Digest
from assay.core.errors import IsolationError, StageError
from assay.stage import isolation as isolating
from assay.stage import staging
from assay.stage.layout import arrange, installations
from assay.stage.paths import check_declared
from assay.stage.process import Ended, Order, carry_out
from assay.stage.variables import isolated_variables, open_variables

#: The folder in the workspace that an isolated command takes for the project.
STAGING: Final = "staging"

_PYTHON: Final = ("python", "python3")


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command to run.

    :param argv: the program and its arguments, never a shell's line; a bare ``python`` or ``python3`` means ``python``
    :param project: the project's folder; the command's working folder
    :param inputs: data and code it may read, relative to the project; an isolated command sees nothing else of it
    :param outputs: what it makes, relative to the project
    :param environment: variables it is given beside the usual ones
    :param python: the interpreter whose folder comes first on its ``PATH``
    :param isolate: run it isolated, or not at all
    :param workspace: a folder on the project's file system to work in; made when it is missing, then removed again
    :param timeout: seconds after which it is stopped; ``None`` for no limit
    :param backend: ``bubblewrap`` or ``namespaces``; empty for the first that works
    """

    argv: tuple[str, ...]
    project: Path
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    python: Path
    workspace: Path
    isolate: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    backend: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command went.

    ``exit_status`` is 0 for success, ``128 + signal`` when ``signal`` killed it. ``backend`` is ``bubblewrap`` or
    ``namespaces``, ``isolation`` what was in force, sorted; both empty when it ran open. ``undeclared`` are files, at
    most a thousand, that an isolated command wrote beside its outputs; they are gone. ``output_tail`` is the end of
    standard output and error together, ``output_digest`` the SHA-256 of all of it.
    """

    exit_status: int
    signal: int | None
    started: datetime
    finished: datetime
    backend: str
    isolation: tuple[str, ...]
    undeclared: tuple[str, ...]
    output_tail: bytes
    output_digest: Digest

    @property
    def succeeded(self) -> bool:
        return self.exit_status == 0


def run_command(
    spec: CommandSpec,
    *,
    on_output: Callable[[bytes], None] = lambda _: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Outcome:
    """Run ``spec``'s command to its end. A command that fails is an outcome; one that cannot be run is an error.

    Isolated, its outputs are moved into the project when it succeeds, and nothing is when it does not. Open, it works
    in the project itself; wrap it in :class:`assay.stage.outputs.OutputTransaction` to keep a failure from leaving
    anything there.

    :raises IsolationError: isolation was asked for and cannot be given; the command was not run
    :raises StageError: paths that contradict each other, a missing input, a command that cannot be started or that
        reached its time limit, an output that must not be taken
    :raises KeyboardInterrupt: Ctrl-C, SIGTERM or SIGHUP; the command was stopped first
    """
    check_declared(spec.inputs, spec.outputs)
    if not spec.argv or any("\0" in word for word in spec.argv):
        raise StageError("the stage has no command that can be run", where=str(spec.argv))
    _keep_apart(spec)
    python = spec.python.absolute()
    argv = (str(python), *spec.argv[1:]) if spec.argv[0] in _PYTHON else spec.argv
    if spec.isolate:
        return _run_isolated(spec, argv, python, on_output, now)
    variables = open_variables(python, spec.environment, os.environ)
    started = now()
    ended = carry_out(
        Order("open", argv, variables, str(spec.project.absolute())), on_output=on_output, timeout=spec.timeout
    )
    isolating.require_started(ended, argv)
    return _outcome(ended, started, now())


def _run_isolated(
    spec: CommandSpec,
    argv: tuple[str, ...],
    python: Path,
    on_output: Callable[[bytes], None],
    now: Callable[[], datetime],
) -> Outcome:
    backend = spec.backend or isolating.choose_backend()
    if reason := isolating.why_not(backend):
        raise IsolationError(f"the back end does not work here: {reason}", where=backend)
    project, folder = spec.project.resolve(), spec.workspace.resolve() / STAGING
    variables = isolated_variables(python, spec.environment, os.environ)
    with staging.made_folder(folder.parent), staging.made_folder(folder):
        staging.prepare(folder, project, spec.inputs, spec.outputs)
        shown = staging.make_places(folder, project, installations(python, project))
        mounts = arrange(project=project, staging=folder, inputs=spec.inputs, python=python)
        started = now()
        ended = isolating.confine(
            backend, argv, variables, str(project), mounts, on_output=on_output, timeout=spec.timeout
        )
        finished = now()
        beside = staging.undeclared(folder, (*spec.inputs, *shown), spec.outputs)
        if ended.status == 0:
            staging.collect(folder, project, spec.outputs)
    return _outcome(ended, started, finished, backend=backend, beside=beside)


def _keep_apart(spec: CommandSpec) -> None:
    """The workspace must be no part of what the command reads or makes."""
    project, workspace = spec.project.resolve(), spec.workspace.resolve()
    for name in (*spec.inputs, *spec.outputs):
        if workspace.is_relative_to(project / name) or (project / name).is_relative_to(workspace):
            raise StageError(f"{name!r} overlaps with assay's workspace", where=str(workspace))


def _outcome(
    ended: Ended, started: datetime, finished: datetime, *, backend: str = "", beside: tuple[str, ...] = ()
) -> Outcome:
    return Outcome(
        exit_status=ended.status,
        signal=ended.signal,
        started=started,
        finished=finished,
        backend=backend,
        isolation=isolating.CONTROLS if backend else (),
        undeclared=beside,
        output_tail=ended.output_tail,
        output_digest=ended.output_digest,
    )
