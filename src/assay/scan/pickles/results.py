"""What a pickle calls without a name for it: what another call gave back."""

from __future__ import annotations

from typing import Final

from assay.core.finding import Severity
from assay.formats.pickle.values import Call, Global, Items, Result, Value
from assay.scan.callables.allowed import look_up
from assay.scan.callables.harm import harm_of
from assay.scan.pickles import calls, lookups, wording
from assay.scan.pickles.bench import Bench
from assay.scan.pickles.names import owner, reached, resolved

#: Results that are followed for one call.
_MOST_RUNNING: Final = 64
#: Calls that give a function whose code lies in the pickle.
_FUNCTIONS: Final = frozenset((
    "dill._dill._create_function", "cloudpickle.cloudpickle._make_function", "cloudpickle.cloudpickle._make_skel_func",
    "cloudpickle.cloudpickle._fill_function", "dill._dill._create_ftype", "types.FunctionType", "types.LambdaType",
))  # fmt: skip
#: Calls that give a class whose methods lie in the pickle.
_CLASSES: Final = frozenset((
    "cloudpickle.cloudpickle._make_skeleton_class", "cloudpickle.cloudpickle._make_skeleton_enum",
    "cloudpickle.cloudpickle._rehydrate_skeleton_class", "dill._dill._create_type", "dill._dill._create_namedtuple",
    "collections.namedtuple",
))  # fmt: skip


def run_result(  # noqa: PLR0912 - one case for each maker
    bench: Bench, made: Call, args: tuple[Value, ...], call: Call, *, new: bool
) -> None:
    """Judge that what a call gave back is called."""
    if id(made) in bench.running or len(bench.running) > _MOST_RUNNING:
        return
    bench.running.add(id(made))
    maker = resolved(made.target)
    match maker:
        case "functools.partial":
            for holder in _partial(bench, made):
                calls.run(bench, holder, (*made.args[1:], *args), call)
        case "types.MethodType":
            calls.run(bench, made.args[0] if made.args else None, (*made.args[1:], *args), call)
        case "operator.methodcaller":
            _run_method(bench, args[0] if args else None, made.args[0] if made.args else None, made.args[1:], call)
        case "operator.attrgetter":
            for name in made.args:
                lookups.attribute(bench, "builtins.getattr", (*args[:1], name), call)
        case "operator.itemgetter":
            _take(bench, made, args, call)
        case "builtins.getattr":
            holder, name = (*made.args, None, None)[:2]
            _run_method(bench, holder, name, args, call)
        case _ if maker in _FUNCTIONS:
            bench.flag(
                "pickle-executes-code",
                f"carried {made.offset}",
                "calls a function whose code the pickle carries itself, while it is loaded",
                call.offset,
                Severity.CRITICAL,
            )
        case _ if maker in _CLASSES:
            return
        case _ if dotted := resolved(Result(made)):
            calls.run_name(bench, dotted, args, call, new=new, module=owner(Result(made)))
        case _:
            calls.flag_unknown(bench, f"what {wording.callee(made.target)} gives back", args, call, Severity.HIGH)


def _take(bench: Bench, made: Call, args: tuple[Value, ...], call: Call) -> None:
    """An item is taken out of something: harmless, unless that is there already."""
    if args and isinstance(args[0], Global | Result) and resolved(args[0]):
        shown = f"{wording.value(args[0])}[{wording.value(made.args[0] if made.args else None)}]"
        bench.flag("pickle-indirect-name", shown, f"takes {shown} out of what is not the pickle's own", call.offset)


def _partial(bench: Bench, made: Call) -> list[Value]:
    """What a ``functools.partial`` calls: the function it was made with, and any that its state replaces it by."""
    holders = list(made.args[:1])
    for state in bench.states.get(id(made), ()):
        if isinstance(state, Items) and state.items:
            holders.append(state.items[0])
    return holders


def _run_method(bench: Bench, holder: Value, name: Value, args: tuple[Value, ...], call: Call) -> None:
    """Judge that a method is called that was looked up by its name."""
    if not isinstance(name, str):
        calls.flag_unknown(bench, "a method whose name is put together", args, call, Severity.HIGH)
        return
    if isinstance(holder, None | bool | int | float | str | bytes | Items) and not name.startswith("_"):
        calls.flag_unknown(bench, f"{wording.value(holder)}.{name}", args, call, Severity.MEDIUM)
        return
    start = resolved(holder)
    if not start and isinstance(holder, Result):
        start = resolved(holder.call.target)
    dotted = f"{start}.{name}" if start else ""
    if not dotted:
        calls.flag_unknown(bench, f"{wording.value(holder)}.{name}", args, call, Severity.HIGH)
    elif look_up(*dotted.rsplit(".", 1)) is None and harm_of(dotted) is None and not reached(start, name):
        calls.flag_unknown(bench, dotted, args, call, Severity.HIGH)
    else:
        calls.run_name(bench, dotted, args, call, module=owner(holder))
