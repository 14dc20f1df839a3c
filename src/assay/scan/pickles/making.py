"""Argument rules for what makes instances, or calls what it is given."""

from __future__ import annotations

from typing import Final

from assay.core.finding import Severity
from assay.formats.pickle.values import Call, Global, Items, Opaque, Result, Value
from assay.scan.callables.allowed import Use, look_up
from assay.scan.pickles import calls, wording
from assay.scan.pickles.bench import ArgumentRule, Bench
from assay.scan.pickles.names import resolved

#: Classes whose constructor takes anything and does nothing.
_PLAIN_BASES: Final = frozenset(
    f"builtins.{name}"
    for name in "object dict list tuple set frozenset str bytes bytearray int float complex".split()  # noqa: SIM905
)
#: Calls that give a type.
_TYPE_MAKERS: Final = frozenset(("builtins.type", "operator.getitem", "types.GenericAlias", "functools.reduce"))
#: Classes of classes.
_METACLASSES: Final = frozenset(
    ("builtins.type", "types.type", "types.TypeType", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType")
)


def constructor(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``copyreg._reconstructor(cls, base, state)`` makes ``base.__new__(cls, state)``, then calls ``base.__init__``."""
    made, base = (*args, None, None)[:2]
    if not args or isinstance(args[0], Opaque):
        bench.flag_misuse(dotted, args, call)
        return
    calls.run(bench, made, (), call, new=True)
    if not (isinstance(base, Global) and base.dotted in _PLAIN_BASES):
        calls.run(bench, base, args[2:], call)


def new(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """The first argument is a class, of which an instance is made."""
    if not args or isinstance(args[0], Opaque):
        bench.flag_misuse(dotted, args, call)
    else:
        calls.run(bench, args[0], (), call, new=True)


def new_index(bench: Bench, _: str, args: tuple[Value, ...], call: Call) -> None:
    """``_new_Index(cls, arguments)`` makes an index of a class that is listed."""
    if args and isinstance(args[0], Global) and look_up(args[0].module, args[0].name) is not None:
        return
    calls.run(bench, args[0] if args else None, args[1:], call)


def factory(bench: Bench, _: str, args: tuple[Value, ...], call: Call) -> None:
    """A factory is a class or a function that may be called with nothing."""
    for factory in args[:1]:
        if isinstance(factory, Global):
            entry = look_up(factory.module, factory.name)
            if entry is None or entry.use is Use.NAME:
                calls.run(bench, factory, (), call)
        elif factory is not None:
            calls.run(bench, factory, (), call)


def union(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``reduce(or_, types)``, ``or_(type, type)`` and ``getitem(typing.Union, types)`` are how types are written."""
    match dotted.rpartition(".")[2], args:
        case "reduce", (Global(name="or_"), Items(items=items)) if all(_is_type(each) for each in items):
            return
        case "or_", (first, second) if _is_type(first) and _is_type(second):
            return
        case "getitem", (Global(module="typing" | "builtins" | "collections.abc"), _):
            return
    words = f"calls {dotted}{wording.arguments(args)}, which calls what it is given"
    bench.flag("pickle-executes-code", dotted, words, call.offset, Severity.HIGH)


def _is_type(found: Value) -> bool:
    return isinstance(found, Global) or (isinstance(found, Result) and resolved(found.call.target) in _TYPE_MAKERS)


def applies(callee: int, arguments: int, *, single: bool = False) -> ArgumentRule:
    """One argument is called with what another one holds."""

    def check(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
        if len(args) == 1 and isinstance(args[0], Opaque):
            bench.flag_misuse(dotted, args, call)
        elif callee < len(args) and args[callee] is not None:
            given = args[arguments] if arguments < len(args) else None
            if single:
                calls.run(bench, args[callee], (given,), call)
            else:
                calls.run(bench, args[callee], given.items if isinstance(given, Items) else (given,), call)

    return check


def apply_rest(bench: Bench, _: str, args: tuple[Value, ...], call: Call) -> None:
    """The first argument is called with the others. ``type`` and its like make a class of a name, bases and a body."""
    maker = resolved(args[0]) if args else ""
    if maker in _METACLASSES:
        return
    if args:
        calls.run(bench, args[0], args[1:], call)


def apply_partial(bench: Bench, _: str, args: tuple[Value, ...], call: Call) -> None:
    """``_create_ftype(functools.partial, function, args, keywords)``."""
    if args and isinstance(args[0], Global):
        calls.run(bench, args[0], args[1:2], call)
