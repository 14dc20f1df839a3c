"""Iterators that never end, or only after longer than anybody waits, given to what uses them up."""

from __future__ import annotations

from typing import Final

from assay.core.finding import Severity
from assay.formats.pickle.values import Call, Items, Result, Value
from assay.scan.pickles import wording
from assay.scan.pickles.bench import Bench
from assay.scan.pickles.names import resolved

_ITERTOOLS: Final = "itertools."
#: They keep an iterator as it is, or put another around it.
_LAZY: Final = frozenset(
    (
        "builtins.zip", "builtins.enumerate", "builtins.map", "builtins.filter", "builtins.iter", "builtins.getattr",
        "builtins.slice", "functools.partial", "types.MethodType", "copyreg.__newobj__", "builtins.object",
        "operator.methodcaller", "operator.attrgetter", "collections.defaultdict",
    )
)  # fmt: skip
#: Of the iterators, those that take all of their arguments before they give anything.
_EAGER: Final = frozenset(
    f"itertools.{name}" for name in ("product", "permutations", "combinations", "combinations_with_replacement")
)
_DEEPEST: Final = 4


def judge(bench: Bench, call: Call) -> None:
    """Look at what a call is given."""
    if not any(isinstance(each, Result | Items) for each in call.args):
        return
    target = resolved(call.target)
    if target in _LAZY or (target.startswith(_ITERTOOLS) and target not in _EAGER):
        return
    iterator = next((found for each in call.args if (found := _iterator(each, 0))), "")
    if iterator:
        what = wording.text(target) or wording.callee(call.target)
        bench.flag(
            "pickle-expansion-bomb",
            f"{target} {iterator}",
            f"gives {what} what {iterator} makes, which may have no end or more values than memory holds",
            call.offset,
            Severity.MEDIUM,
        )


def _iterator(value: Value, depth: int) -> str:
    """The name of what made an iterator, through others around it; empty for anything else."""
    if not isinstance(value, Result):
        return ""
    maker = resolved(value.call.target)
    if maker.startswith(_ITERTOOLS):
        return maker
    if depth < _DEEPEST and maker in ("builtins.zip", "builtins.enumerate", "builtins.map", "builtins.iter"):
        return next((found for each in value.call.args if (found := _iterator(each, depth + 1))), "")
    return ""
