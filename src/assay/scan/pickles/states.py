"""States that a class of the allow-list executes: SciPy's distributions keep a text that is run on loading."""

from __future__ import annotations

import re
from typing import Final

from assay.core.finding import Severity
from assay.formats.pickle.values import Call, Global, Items, Opaque, Result, Value
from assay.scan.pickles import wording
from assay.scan.pickles.bench import Bench
from assay.scan.pickles.names import resolved

#: The attribute that ``scipy.stats.rv_generic.__setstate__`` hands to ``exec``.
_TEMPLATE: Final = "_parse_arg_template"
_LINE: Final = (
    r"def _parse_args(?:_rvs|_stats)?\(self,[\w ,=']*\):\n"
    r"[ \t]+return (?:self\._argcheck_rvs\([\w ,=]*\)|(?:\([\w ,]*\))?[\w ,=]*)\s*"
)
#: What SciPy writes there, of all versions: three functions that put their arguments in order.
_WRITTEN: Final = re.compile(rf"\s*(?:{_LINE}){{1,3}}")
#: Classes that have it.
_HAVE_IT: Final = re.compile(r"scipy\.stats\.(?:\w+\.)*(?:\w+_gen|rv_(?!frozen|continuous_frozen|discrete_frozen)\w+)")
_MADE_BY: Final = frozenset(("copyreg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__"))
_DEEPEST: Final = 6


def judge(bench: Bench, call: Call) -> None:
    """Look at a state that is given to something, or at an attribute that is set."""
    maker = class_of(call.target)
    for place, text in _templates(call.args, 0):
        if not (isinstance(text, str) and _WRITTEN.fullmatch(text)):
            bench.flag(
                "pickle-executes-code",
                _TEMPLATE,
                f"gives {wording.text(maker) if maker else 'an object'} the attribute {_TEMPLATE}, which SciPy "
                f"executes while it is loaded: {wording.value(text)}",
                call.offset if place is None else place,
                Severity.CRITICAL,
            )
    if _HAVE_IT.fullmatch(maker) and not _is_plain(call.args, 0):
        bench.flag(
            "pickle-executes-code",
            f"{_TEMPLATE} unknown",
            f"gives {wording.text(maker)} a state that is put together while it is loaded; SciPy executes a text in it",
            call.offset,
            Severity.HIGH,
        )


def class_of(target: Value) -> str:
    """The dotted name of the class whose instance a value is, when the pickle made it; else empty."""
    if not isinstance(target, Result):
        return ""
    call = target.call
    maker = resolved(call.target)
    if maker in _MADE_BY and call.args and isinstance(call.args[0], Global):
        maker = call.args[0].dotted
    return maker


def _templates(values: tuple[Value, ...], depth: int) -> list[tuple[int | None, Value]]:
    """What stands behind the attribute's name, however deep; a name that nothing follows stands for itself."""
    found: list[tuple[int | None, Value]] = []
    for place, value in enumerate(values):
        if value == _TEMPLATE:
            found.append((None, values[place + 1] if place + 1 < len(values) else None))
        elif depth < _DEEPEST and isinstance(value, Items):
            found += [(value.offset, text) for _, text in _templates(value.items, depth + 1)]
        elif depth < _DEEPEST and isinstance(value, Result) and resolved(value.call.target) in ("builtins.dict",):
            found += _templates(value.call.args, depth + 1)
    return found


def _is_plain(values: tuple[Value, ...], depth: int) -> bool:
    """Whether every key of a state is known: a mapping, or what is no container of pairs."""
    for value in values:
        match value:
            case Items(kind="dict", items=items, length=length):
                if length > len(items) or not all(isinstance(key, str) for key in items[::2]):
                    return False
            case Items(items=items, length=length):
                if length > len(items) or (depth < _DEEPEST and not _is_plain(items, depth + 1)):
                    return False
            case Opaque():
                return False
            case Result() if depth == 0:
                return False
    return True
