"""Argument rules: what callables may be given that are harmless only with some arguments."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from assay.core.finding import Severity
from assay.formats.pickle.values import Call, Global, Items, Opaque, Persistent, Result, Value
from assay.scan.callables.allowed import Use, is_known, look_up
from assay.scan.callables.harm import harm_of
from assay.scan.pickles import calls, functions, wording
from assay.scan.pickles.bench import Bench
from assay.scan.pickles.names import is_class_like, is_python, reached, resolved

ArgumentRule = Callable[[Bench, str, tuple[Value, ...], Call], None]

#: The most bytes that a call may allocate by naming a number.
_MOST_BYTES: Final = 1 << 30
_FRACTION: Final = re.compile(r"\s*[+-]?[\d_]*(/[\d_]+|\.[\d_]*)?([eE][+-]?\d{1,4})?\s*")
#: What bytes begin with that are inspected as a file of their own.
_MAGIC: Final = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04", b"\x89HDF")
#: Classes whose constructor takes anything and does nothing.
_PLAIN_BASES: Final = frozenset(
    f"builtins.{name}" for name in "object dict list tuple set frozenset str bytes bytearray int float complex".split()
)

#: Calls that give a type.
_TYPE_MAKERS: Final = frozenset(("builtins.type", "operator.getitem", "types.GenericAlias", "functools.reduce"))
#: Classes of classes.
_METACLASSES: Final = frozenset(
    ("builtins.type", "types.type", "types.TypeType", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType")
)


def _constructor(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``copyreg._reconstructor(cls, base, state)`` makes ``base.__new__(cls, state)``, then calls ``base.__init__``."""
    made, base = (*args, None, None)[:2]
    if not args or isinstance(args[0], Opaque):
        _unknown(bench, dotted, args, call)
        return
    calls.run(bench, made, (), call, new=True)
    if not (isinstance(base, Global) and base.dotted in _PLAIN_BASES):
        calls.run(bench, base, args[2:], call)


def _new(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """The first argument is a class, of which an instance is made."""
    if not args or isinstance(args[0], Opaque):
        _unknown(bench, dotted, args, call)
    else:
        calls.run(bench, args[0], (), call, new=True)


def _new_index(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``_new_Index(cls, arguments)`` makes an index of a class that is listed."""
    if args and isinstance(args[0], Global) and look_up(args[0].module, args[0].name) is not None:
        return
    calls.run(bench, args[0] if args else None, args[1:], call)


def _attribute(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``getattr(holder, name)``: a plain name of something the pickle made, or a method of a class that is listed."""
    holder, name = (*args, None, None)[:2]
    if not isinstance(name, str):
        _reaches(
            bench,
            f"{wording.value(holder)}.{wording.value(name)}",
            "looks up an attribute whose name is put together",
            call,
        )
        return
    start = resolved(holder)
    full = f"{start}.{name}" if start else f"{wording.value(holder)}.{name}"
    if name.startswith("_"):
        if start and look_up(start, name) is not None:
            return
        _reaches(bench, full, "looks up a private attribute", call)
        return
    if not start:
        return
    bench.accounted.add(full)
    if look_up(start, name) is not None:
        return
    if through := reached(*full.split(".", 1)) if "." in full else None:
        _reaches(bench, full, f"looks up an attribute that {through[1].does}", call)
    elif harm := harm_of(full):
        _reaches(bench, full, f"looks up an attribute that {harm.does}", call)
    elif not is_class_like(start) and look_up(*start.rsplit(".", 1) if "." in start else ("", start)) is None:
        bench.flag(
            "pickle-unknown-name",
            full,
            f"looks up {wording.text(full)}, which is on no list",
            call.offset,
            Severity.LOW,
        )


def _attribute_path(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``attrgetter("a.b")`` and ``methodcaller("a")`` are kept; what they look up must be plain names."""
    names = args if dotted.endswith("attrgetter") else args[:1]
    for name in names:
        if not isinstance(name, str) or any(part.startswith("_") for part in name.split(".")):
            _reaches(bench, f"{dotted}{wording.arguments(args)}", "makes a getter of a private attribute", call)


def _one_argument(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    if len(args) != 1 or isinstance(args[0], Opaque):
        _unknown(bench, dotted, args, call)


def _size(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    for each in args:
        if isinstance(each, int) and each > _MOST_BYTES:
            bench.flag(
                "pickle-expansion-bomb",
                dotted,
                f"{dotted}({each:,}) allocates that many bytes",
                call.offset,
                Severity.HIGH,
            )


def _fraction(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    for each in args:
        if isinstance(each, str) and not _FRACTION.fullmatch(each):
            bench.flag(
                "pickle-expansion-bomb", dotted, f"{dotted}({wording.value(each)}) computes the exponent in full", call.offset,
                Severity.HIGH,
            )  # fmt: skip


def _factory(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """A factory is a class or a function that may be called with nothing."""
    for factory in args[:1]:
        if isinstance(factory, Global):
            entry = look_up(factory.module, factory.name)
            if entry is None or entry.use is Use.NAME:
                calls.run(bench, factory, (), call)
        elif factory is not None:
            calls.run(bench, factory, (), call)


def _union(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``reduce(or_, types)``, ``or_(type, type)`` and ``getitem(typing.Union, types)`` are how types are written down."""
    match dotted.rpartition(".")[2], args:
        case "reduce", (Global(name="or_"), Items(items=items)) if all(_is_type(each) for each in items):
            return
        case "or_", (first, second) if _is_type(first) and _is_type(second):
            return
        case "getitem", (Global(module="typing" | "builtins" | "collections.abc"), _):
            return
    bench.flag(
        "pickle-executes-code", dotted, f"calls {dotted}{wording.arguments(args)}, which calls what it is given", call.offset,
        Severity.HIGH,
    )  # fmt: skip


def _is_type(found: Value) -> bool:
    return isinstance(found, Global) or (isinstance(found, Result) and resolved(found.call.target) in _TYPE_MAKERS)


def _applies(callee: int, arguments: int, *, single: bool = False) -> ArgumentRule:
    """One argument is called with what another one holds."""

    def check(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
        if len(args) == 1 and isinstance(args[0], Opaque):
            _unknown(bench, dotted, args, call)
        elif callee < len(args) and args[callee] is not None:
            given = args[arguments] if arguments < len(args) else None
            if single:
                calls.run(bench, args[callee], (given,), call)
            else:
                calls.run(bench, args[callee], given.items if isinstance(given, Items) else (given,), call)

    return check


def _apply_rest(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """The first argument is called with the others. ``type`` and its like make a class of a name, bases and a body."""
    maker = resolved(args[0]) if args else ""
    if maker in _METACLASSES:
        return
    if args:
        calls.run(bench, args[0], args[1:], call)


def _apply_partial(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``_create_ftype(functools.partial, function, args, keywords)``."""
    if args and isinstance(args[0], Global):
        calls.run(bench, args[0], args[1:2], call)


def _named_tuple(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``_create_namedtuple(name, fields, module)`` looks in the module first."""
    if len(args) > 2 and args[2] != "__main__":
        _module(bench, dotted, args[2:3], call)


def _nested(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """Bytes that are loaded in turn. They are inspected by themselves when they lie in the pickle as they are."""
    data = _bytes(bench, args[0] if args else None)
    if data is not None and data.startswith(_MAGIC):
        bench.flag(
            "pickle-loads-more-code", f"{dotted} inspected",
            f"{dotted} loads another pickle from bytes in this one, which are inspected by themselves", call.offset,
            Severity.INFO,
        )  # fmt: skip
    else:
        bench.flag(
            "pickle-loads-more-code", dotted, f"calls {dotted}{wording.arguments(args)}, which loads another pickle",
            call.offset, Severity.CRITICAL,
        )  # fmt: skip


def _bytes(bench: Bench, found: Value) -> bytes | None:
    """The start of bytes that lie in the pickle: as they are, as a text, or as the state of a file in memory."""
    match found:
        case bytes():
            return found
        case Result(call=Call(target=Global(module="_codecs", name="encode"), args=(str(text), "latin1" | "latin-1"))):
            return text[:16].encode("latin-1", "replace")
        case Result(call=Call(target=Global(module="_io" | "io", name="BytesIO"), args=args) as made):
            for state in (Items("tuple", args, len(args), made.offset), *bench.states.get(id(made), ())):
                if isinstance(state, Items) and state.items and (inner := _bytes(bench, state.items[0])) is not None:
                    return inner
    return None


def _module(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """A module is imported by the name it is given."""
    name = args[0] if args else None
    if not isinstance(name, str):
        bench.flag(
            "pickle-imports-module", dotted, f"imports a module whose name is put together, with {dotted}", call.offset,
            Severity.CRITICAL,
        )  # fmt: skip
        return
    if bench.allowed(name, call.offset):
        return
    shown = wording.text(name)
    through = reached(*name.split(".", 1)) if "." in name else None
    if through or (is_python(name) and harm_of(f"{name}.*")):
        harm = through[1] if through else harm_of(f"{name}.*")
        assert harm is not None, "one of the two has it"
        bench.flag(
            "pickle-imports-module",
            name,
            f"imports {shown}, which {harm.does}, with {dotted}",
            call.offset,
            Severity.HIGH,
        )
    elif not is_python(name) and not is_known(name):
        bench.flag(
            "pickle-unknown-name",
            name,
            f"imports {shown}, which is on no list, with {dotted}",
            call.offset,
            Severity.LOW,
        )


def _own(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """The first argument is changed: it must be something the pickle made."""
    if args and isinstance(args[0], Global | Persistent):
        bench.flag(
            "pickle-attribute-tampering",
            wording.value(args[0]),
            f"sets attributes of {wording.value(args[0])} with {dotted}, which is not the pickle's own",
            call.offset,
        )


def _reaches(bench: Bench, subject: str, words: str, call: Call) -> None:
    bench.flag("pickle-indirect-name", subject, f"{words}: {wording.text(subject, 100)}", call.offset)


def _unknown(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    bench.flag(
        "pickle-unknown-call",
        dotted,
        f"calls {dotted}{wording.arguments(args)}, which is harmless with other arguments only",
        call.offset,
        Severity.HIGH,
    )


def _keyed_result(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """A wrapper is kept around what it is given; what it is given must not be a name that is not listed."""
    for each in args:
        if isinstance(each, Result):
            continue
        if isinstance(each, Global) and look_up(each.module, each.name) is None:
            calls.run(bench, each, (Opaque("argument", call.offset),), call)


#: By the word that stands behind ``judge:`` in a listing.
RULES: Final[dict[str, ArgumentRule]] = {
    "constructor": _constructor,
    "new": _new,
    "attribute": _attribute,
    "attribute-path": _attribute_path,
    "one-argument": _one_argument,
    "size": _size,
    "fraction": _fraction,
    "factory": _factory,
    "union": _union,
    "apply-third": _applies(0, 2),
    "apply-second": _applies(0, 1),
    "apply-name": _applies(1, 0, single=True),
    "wraps": _keyed_result,
    "new-index": _new_index,
    "apply-rest": _apply_rest,
    "apply-partial": _apply_partial,
    "named-tuple": _named_tuple,
    "nested": _nested,
    "module": _module,
    "own": _own,
    "code": functions.code,
    "marshalled": functions.marshalled,
    "source": functions.source,
}
