"""What the tests of pickles share: the machine in both of its forms, and the bytes of opcodes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType

import pytest

from assay.formats import compiled
from assay.formats.budget import Budget, Limits
from assay.formats.pickle import stream
from assay.formats.pickle.hot import HOT
from assay.formats.pickle.view import Pickle
from assay.formats.source import Memory

Run = Callable[..., Pickle]


@cache
def _pure() -> dict[str, ModuleType]:
    with compiled.pure(HOT) as modules:
        return modules


@pytest.fixture(params=["built", "pure"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs the pickles in some bytes: by the machine as it is installed, and by its source."""
    machine = stream.Machine if request.param == "built" else _pure()[HOT[-1]].Machine

    def runs(
        data: bytes,
        *,
        start: int = 0,
        limits: Limits | None = None,
        inert: frozenset[str] = frozenset(),
        calls_kept: int | None = None,
        **options,
    ) -> Pickle:
        def new_machine(*arguments):
            made = machine(*arguments)
            if calls_kept is not None:
                made.calls_kept = calls_kept
            return made

        return stream.run(Memory(data), start, Budget(limits, inert=inert), machine=new_machine, **options)

    return runs
