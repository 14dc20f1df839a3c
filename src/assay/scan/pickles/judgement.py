"""One look at a pickle for all rules: what is called, filled and fetched, held against the allow-list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from assay.core.allowance import Allowance
from assay.formats.pickle.view import Pickle
from assay.scan.rule import Hit


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found, by the id of the rule that reports it."""

    hits: dict[str, tuple[Hit, ...]]

    def of(self, rule: str) -> tuple[Hit, ...]:
        """The hits of one rule, by offset."""
        return self.hits.get(rule, ())


_NOTHING_CALLED: Final = Judgement({})
_made: WeakKeyDictionary[Pickle, Judgement] = WeakKeyDictionary()


def judge(view: Pickle, allowances: tuple[Allowance, ...] | None = None) -> Judgement:
    """Judge a pickle; a view that was judged before is not judged again.

    :param allowances: what an organisation allows for this file, and today: the caller leaves out all others. Given
        before the rules run, it holds for all of them: they ask for the judgement without it
    """
    if view.idle:
        return _NOTHING_CALLED
    made = _made.get(view)
    if made is None or allowances is not None:
        made = _made[view] = _judge(view, allowances or ())
    return made


def _judge(view: Pickle, allowances: tuple[Allowance, ...]) -> Judgement:
    # Most pickles are mere data, and never get here.
    from assay.scan.pickles import calls, fetched, functions  # noqa: PLC0415
    from assay.scan.pickles.bench import Bench  # noqa: PLC0415

    bench = Bench(view, {allowance.name: allowance for allowance in allowances})
    for call in view.calls:
        if call.op == "BUILD":
            bench.note_state(call)
    for call in view.calls:
        calls.judge(bench, call)
    functions.aliases(bench)
    for name in view.imports:
        fetched.judge(bench, name)
    return Judgement({rule: bench.found(rule) for rule in sorted(bench.hits)})
