"""A demand on a metric, written as people say it: ``roc_auc >= 0.8``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
_FORM: Final = re.compile(
    r"\s*(?P<metric>[\w.@-]+)\s*(?P<relation>>=|<=|==|>|<)\s*(?P<bound>[-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*"
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """``metric`` by its name in the metrics file, ``relation`` of ``>= <= > < ==``, ``bound`` a finite number."""

    metric: str
    relation: str
    bound: float

    def __str__(self) -> str:
        whole = self.bound.is_integer() and abs(self.bound) < 1e15
        return f"{self.metric} {self.relation} {int(self.bound) if whole else repr(self.bound)}"

    def holds(self, value: float) -> bool:
        """Whether ``value`` satisfies it; a value that is not a number never does."""
        return not math.isnan(value) and _COMPARE[self.relation](value, self.bound)


def parse_threshold(text: str) -> Threshold:
    """Read ``metric >= number``.

    :raises ValueError: another form, or a bound that is no finite number; the caller says where it stood
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a demand on a metric; write it like `roc_auc >= 0.8`")
    bound = float(match["bound"])
    if not math.isfinite(bound):
        raise ValueError(f"{text!r} compares with a number that is not finite")
    return Threshold(match["metric"], match["relation"], bound)


def unmet(demands: Sequence[Threshold], metrics: Mapping[str, float]) -> tuple[Threshold, ...]:
    """The demands that do not hold; one on a metric that was not measured does not."""
    return tuple(demand for demand in demands if not demand.holds(metrics.get(demand.metric, math.nan)))
