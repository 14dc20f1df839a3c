"""What a pickle calls, and what it fills."""

from __future__ import annotations

from typing import Final

from assay.core.finding import Confidence, Severity
from assay.formats.pickle.values import Call, Global, Items, Opaque, Persistent, Result, Value
from assay.scan.callables.allowed import Use, canonical, look_up
from assay.scan.callables.harm import Harm, harm_of
from assay.scan.pickles import arguments, wording
from assay.scan.pickles.bench import Bench
from assay.scan.pickles.names import is_class_like, is_python, owner, reached, resolved, split

#: Opcodes that give a state or items to something that is there already.
FILLS: Final = frozenset(("BUILD", "APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS"))
#: Opcodes that make an instance without its constructor.
NEWS: Final = frozenset(("NEWOBJ", "NEWOBJ_EX"))

#: What a harm is reported as, and how bad it is.
RULES: Final[dict[Harm, tuple[str, Severity]]] = {
    Harm.COMMAND: ("pickle-runs-command", Severity.CRITICAL),
    Harm.CODE: ("pickle-executes-code", Severity.CRITICAL),
    Harm.NATIVE: ("pickle-executes-code", Severity.CRITICAL),
    Harm.CALLER: ("pickle-executes-code", Severity.HIGH),
    Harm.IMPORT: ("pickle-imports-module", Severity.CRITICAL),
    Harm.LOAD: ("pickle-loads-more-code", Severity.CRITICAL),
    Harm.FILE: ("pickle-file-access", Severity.HIGH),
    Harm.NETWORK: ("pickle-network-access", Severity.HIGH),
    Harm.PROCESS: ("pickle-alters-process", Severity.HIGH),
    Harm.REACH: ("pickle-indirect-name", Severity.HIGH),
    Harm.TAMPER: ("pickle-attribute-tampering", Severity.HIGH),
}

#: Calls that hand out something which is there already, and not the pickle's own.
_SHARED: Final = frozenset(
    "builtins.getattr builtins.__import__ importlib.import_module pkgutil.resolve_name dill._dill._import_module"
    " dill._dill._get_attr cloudpickle.cloudpickle.subimport builtins.globals builtins.vars builtins.locals"
    " cloudpickle.cloudpickle._builtin_type dill._dill._load_type builtins.type sys._getframe logging.getLogger".split()
)
#: Calls that give a function whose code lies in the pickle.
_FUNCTIONS: Final = frozenset(
    "dill._dill._create_function cloudpickle.cloudpickle._make_function cloudpickle.cloudpickle._make_skel_func"
    " cloudpickle.cloudpickle._fill_function dill._dill._create_ftype types.FunctionType types.LambdaType".split()
)
#: Calls that give a class whose methods lie in the pickle.
_CLASSES: Final = frozenset(
    "cloudpickle.cloudpickle._make_skeleton_class cloudpickle.cloudpickle._make_skeleton_enum"
    " cloudpickle.cloudpickle._rehydrate_skeleton_class dill._dill._create_type dill._dill._create_namedtuple"
    " collections.namedtuple".split()
)
_STEPS: Final = 8


def judge(bench: Bench, call: Call) -> None:
    """Look at one thing that runs."""
    if call.op in FILLS:
        _judge_filling(bench, call)
    else:
        run(bench, call.target, call.args, call, new=_makes_without_constructor(call))


def _makes_without_constructor(call: Call) -> bool:
    if call.op in NEWS:
        return True
    # Python calls no constructor for OBJ and INST without arguments when the name is a class.
    return (
        call.op in ("OBJ", "INST")
        and not call.args
        and isinstance(call.target, Global)
        and is_class_like(call.target.dotted)
    )


def run(bench: Bench, target: Value, args: tuple[Value, ...], call: Call, *, new: bool = False, steps: int = 0) -> None:
    """Judge that something is called.

    :param new: only ``__new__`` is called, which a class has
    """
    match target:
        case Global(computed=(_, _)):
            bench.flag(
                "pickle-indirect-name", f"computed {call.offset}", "calls a name that is put together while it is loaded: "
                + wording.text(resolved(target) or "nothing tells which"), call.offset,
            )  # fmt: skip
        case Global(module=""):
            return
        case Global():
            run_name(bench, target.dotted, args, call, new=new, module=target.module)
        case Result() if steps < _STEPS:
            _run_result(bench, target.call, args, call, new=new, steps=steps + 1)
        case Persistent() | Opaque() | Result():
            _flag_unknown(bench, wording.value(target), args, call, Severity.HIGH)
        case _:
            return


def run_name(
    bench: Bench, dotted: str, args: tuple[Value, ...], call: Call, *, new: bool = False, module: str = ""
) -> None:
    """Judge that a name is called.

    :param module: the module it is fetched from, when the name in it may have dots
    """
    if bench.allowed(dotted, call.offset):
        return
    module, name = split(dotted, module)
    entry = look_up(module, name, new=new)
    if new:
        bench.accounted.add(dotted)
    if entry is None:
        bench.accounted.add(dotted)
        _run_unlisted(bench, module, name, args, call, new=new)
    elif entry.use is Use.JUDGED and not new:
        arguments.RULES[entry.judge](bench, dotted, args, call)
    elif new:
        return
    elif entry.use is Use.NAME and (harm := harm_of(canonical(dotted))) is not None:
        _flag_harm(bench, dotted, harm, args, call)
    elif entry.use is Use.NAME:
        _flag_unknown(bench, dotted, args, call, Severity.HIGH)
    elif entry.use is Use.CLASS and _says_anything(args):
        _flag_unknown(bench, dotted, args, call, Severity.MEDIUM)


def _run_unlisted(bench: Bench, module: str, name: str, args: tuple[Value, ...], call: Call, *, new: bool) -> None:
    dotted = f"{module}.{name}"
    shown = wording.text(dotted, 100) + wording.arguments(args)
    place = call.offset
    if through := reached(module, name):
        what, harm = through
        words = f"calls {shown}, which reaches {what}" if what != dotted else f"calls {shown}, which"
        joint = " and " if what != dotted else " "
        bench.flag("pickle-indirect-name", dotted, f"{words}{joint}{harm.does}", place)
        return
    harm_found = harm_of(canonical(dotted), named=new)
    if new and harm_found is None:
        _flag_class(bench, dotted, call)
    elif new and harm_found is not None:
        rule, severity = RULES[harm_found]
        bench.flag(
            rule, dotted, f"makes an instance of {shown}, which {harm_found.does}", place,
            min(severity, Severity.HIGH), Confidence.MEDIUM,
        )  # fmt: skip
    elif harm_found is not None:
        _flag_harm(bench, dotted, harm_found, args, call)
    elif name.startswith("__pyx_unpickle_") and args and isinstance(args[0], Global):
        # What Cython generates: it makes an instance of the class it is given, and sets its state.
        run(bench, args[0], (), call, new=True)
    elif is_class_like(dotted) and not is_python(dotted) and not _says_anything(args):
        _flag_class(bench, dotted, call)
    else:
        _flag_unknown(bench, dotted, args, call, Severity.MEDIUM if _is_member(dotted, args) else Severity.HIGH)


def _flag_harm(bench: Bench, dotted: str, harm: Harm, args: tuple[Value, ...], call: Call) -> None:
    rule, severity = RULES[harm]
    shown = wording.text(dotted, 100) + wording.arguments(args)
    bench.flag(rule, dotted, f"calls {shown}, which {harm.does}", call.offset, severity)


def _flag_class(bench: Bench, dotted: str, call: Call) -> None:
    if is_python(dotted):
        severity, which = Severity.MEDIUM, "a class of Python's own that no honest model needs"
    else:
        severity, which = Severity.LOW, "a class that is on no list"
    bench.flag(
        "pickle-unknown-class", dotted, f"makes an instance of {wording.text(dotted)}, {which}", call.offset, severity
    )


def _flag_unknown(bench: Bench, what: str, args: tuple[Value, ...], call: Call, severity: Severity) -> None:
    bench.flag(
        "pickle-unknown-call",
        what,
        f"calls {wording.text(what, 100)}{wording.arguments(args)}, which is not known to be harmless",
        call.offset,
        severity,
    )


def _run_result(bench: Bench, made: Call, args: tuple[Value, ...], call: Call, *, new: bool, steps: int) -> None:
    """Judge that what a call gave back is called."""
    maker = resolved(made.target)
    match maker:
        case "functools.partial":
            for holder in _partial(bench, made):
                run(bench, holder, (*made.args[1:], *args), call, steps=steps)
            return
        case "types.MethodType":
            run(bench, made.args[0] if made.args else None, (*made.args[1:], *args), call, steps=steps)
            return
        case "operator.methodcaller":
            _run_method(bench, args[0] if args else None, made.args[0] if made.args else None, made.args[1:], call)
            return
        case "operator.attrgetter":
            for name in made.args:
                arguments.RULES["attribute"](bench, "builtins.getattr", (*args[:1], name), call)
            return
        case "operator.itemgetter":
            if args and isinstance(args[0], Global | Result) and resolved(args[0]):
                shown = f"{wording.value(args[0])}[{wording.value(made.args[0] if made.args else None)}]"
                bench.flag(
                    "pickle-indirect-name", shown, f"takes {shown} out of what is not the pickle's own", call.offset
                )
            return
        case "builtins.getattr":
            _run_method(
                bench, made.args[0] if made.args else None, made.args[1] if len(made.args) > 1 else None, args, call
            )
            return
    if maker in _FUNCTIONS:
        bench.flag(
            "pickle-executes-code", f"carried {made.offset}",
            "calls a function whose code the pickle carries itself, while it is loaded", call.offset, Severity.CRITICAL,
        )  # fmt: skip
    elif maker in _CLASSES:
        return
    elif dotted := resolved(Result(made)):
        run_name(bench, dotted, args, call, new=new, module=owner(Result(made)))
    else:
        _flag_unknown(bench, f"what {wording.callee(made.target)} gives back", args, call, Severity.HIGH)


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
        _flag_unknown(bench, "a method whose name is put together", args, call, Severity.HIGH)
        return
    if isinstance(holder, None | bool | int | float | str | bytes | Items) and not name.startswith("_"):
        return
    start = resolved(holder)
    if not start and isinstance(holder, Result):
        start = resolved(holder.call.target)
    dotted = f"{start}.{name}" if start else ""
    if not dotted:
        _flag_unknown(bench, f"{wording.value(holder)}.{name}", args, call, Severity.HIGH)
    elif look_up(*dotted.rsplit(".", 1)) is None and harm_of(dotted) is None and not reached(start, name):
        _flag_unknown(bench, dotted, args, call, Severity.HIGH)
    else:
        run_name(bench, dotted, args, call, module=owner(holder))


def _judge_filling(bench: Bench, call: Call) -> None:
    """``BUILD`` and its like: harmless on what the pickle has made itself, an attack on anything else."""
    target = call.target
    if isinstance(target, Global):
        what = target.dotted
    elif isinstance(target, Result) and (resolved(target.call.target) in _SHARED or _getter(target.call.target)):
        what = resolved(target) or wording.value(target)
    else:
        return
    if bench.allowed(what, call.offset):
        return
    verb = "sets attributes of" if call.op == "BUILD" else "puts items into"
    bench.flag(
        "pickle-attribute-tampering",
        what,
        f"{verb} {wording.text(what)}{wording.arguments(call.args)}, which is not the pickle's own",
        call.offset,
    )


def _getter(target: Value) -> bool:
    return isinstance(target, Result) and resolved(target.call.target).rpartition(".")[2] in (
        "attrgetter",
        "itemgetter",
    )


def _says_anything(args: tuple[Value, ...]) -> bool:
    """Whether arguments hold a text, bytes or something that is not known: what a constructor could act on."""
    for each in args:
        match each:
            case str() | bytes() | Opaque() | Persistent() | Global():
                return True
            case Items() if each.length > len(each.items) or _says_anything(each.items):
                return True
    return False


def _is_member(dotted: str, args: tuple[Value, ...]) -> bool:
    """Whether it looks like a member of an enumeration: a class, called with one plain word."""
    return is_class_like(dotted) and len(args) == 1 and isinstance(args[0], str) and args[0].isidentifier()
