"""What a pickle calls, and what it fills."""

from __future__ import annotations

from typing import Final

from assay.core.finding import Confidence, Severity
from assay.formats.pickle.values import Call, Global, Items, Opaque, Persistent, Result, Value
from assay.scan.callables.allowed import Use, canonical, look_up
from assay.scan.callables.harm import Harm, harm_of
from assay.scan.pickles import arguments, endless, results, states, wording
from assay.scan.pickles.bench import Bench
from assay.scan.pickles.names import hint, is_class_like, is_python, reached, resolved, split

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
_SHARED: Final = frozenset((
    "builtins.getattr", "builtins.__import__", "builtins.globals", "builtins.vars", "builtins.locals", "builtins.type",
    "importlib.import_module", "pkgutil.resolve_name", "dill._dill._import_module", "dill._dill._get_attr",
    "dill._dill._load_type", "cloudpickle.cloudpickle.subimport", "cloudpickle.cloudpickle._builtin_type",
    "sys._getframe", "logging.getLogger", "numpy.core._ufunc_reconstruct",
))  # fmt: skip
#: Calls that give a text or bytes.
_TEXTS: Final = frozenset(
    ("builtins.str", "builtins.bytes", "builtins.bytearray", "_codecs.encode", "builtins.getattr")
)
#: Calls that are judged inside one another.
_DEEPEST: Final = 16


def judge(bench: Bench, call: Call) -> None:
    """Look at one thing that runs."""
    bench.running.clear()
    if call.op in FILLS:
        _judge_filling(bench, call)
    else:
        endless.judge(bench, call)
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


def run(bench: Bench, target: Value, args: tuple[Value, ...], call: Call, *, new: bool = False) -> None:
    """Judge that something is called.

    :param new: only ``__new__`` is called, which a class has
    """
    if bench.depth >= _DEEPEST:
        flag_unknown(bench, "calls that are nested deeper than anything honest", args, call, Severity.HIGH)
        return
    bench.depth += 1
    match target:
        case Global(computed=(_, _) as parts) if bench.ends_at(parts, target.offset):
            pass  # It ends before, where the name is fetched.
        case Global(computed=(_, _)):
            bench.flag(
                "pickle-indirect-name",
                f"computed {call.offset}",
                "calls a name that is put together while it is loaded",
                call.offset,
            )
        case Global(module=""):
            pass  # An extension code, told where it is fetched.
        case Global():
            run_name(bench, target.dotted, args, call, new=new, module=target.module)
        case Result():
            results.run_result(bench, target.call, args, call, new=new)
        case Persistent(pid=Items(items=("module", Global() as named, *_))):
            run(bench, named, args, call, new=new)  # PyTorch's old format keeps classes so, with their source
        case Persistent() | Opaque():
            flag_unknown(bench, wording.value(target), args, call, Severity.HIGH)
    bench.depth -= 1


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
    elif entry.use is Use.JUDGED:
        arguments.RULES[entry.judge](bench, dotted, args, call)
    elif new and (entry.use is not Use.NAME or harm_of(canonical(dotted)) is not Harm.CALLER):
        return
    elif entry.use is Use.NAME and (harm := harm_of(canonical(dotted))) is not None:
        _flag_harm(bench, dotted, harm, args, call)
    elif entry.use is Use.NAME:
        flag_unknown(bench, dotted, args, call, Severity.HIGH)
    elif entry.use is Use.CLASS and _says_anything(args, listed=True):
        if (harm := harm_of(canonical(dotted))) is not None:
            _flag_harm(bench, dotted, harm, args, call)
        else:
            flag_unknown(bench, dotted, args, call, Severity.MEDIUM)


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
    elif _is_member(dotted, args) and not is_python(dotted):
        if hint(dotted):
            flag_unknown(bench, dotted, args, call, Severity.MEDIUM)
        else:
            _flag_class(bench, dotted, call)
    else:
        flag_unknown(bench, dotted, args, call, Severity.HIGH)


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


def flag_unknown(bench: Bench, what: str, args: tuple[Value, ...], call: Call, severity: Severity) -> None:
    bench.flag(
        "pickle-unknown-call",
        what,
        f"calls {wording.text(what, 100)}{wording.arguments(args)}, which is not known to be harmless{hint(what)}",
        call.offset,
        severity,
    )


def _judge_filling(bench: Bench, call: Call) -> None:
    """``BUILD`` and its like: harmless on what the pickle has made itself, an attack on anything else."""
    target = call.target
    if call.op == "BUILD":
        states.judge(bench, call)
    if call.op == "ADDITEMS" and isinstance(target, Result):
        # A pickler only writes this for a plain set: here it calls a method of an object's own.
        _run_add(bench, call, target)
    if not is_shared(target):
        return
    what = resolved(target) or wording.value(target)
    if isinstance(target, Global):
        what = target.dotted
    if bench.allowed(what, call.offset):
        return
    verb = "sets attributes of" if call.op == "BUILD" else "puts items into"
    bench.flag(
        "pickle-attribute-tampering",
        what,
        f"{verb} {wording.text(what)}{wording.arguments(call.args)}, which is not the pickle's own",
        call.offset,
    )


def _run_add(bench: Bench, call: Call, target: Result) -> None:
    made_of = states.class_of(target)
    dotted = f"{made_of}.add" if made_of else ""
    if dotted and (harm := harm_of(dotted)):
        _flag_harm(bench, dotted, harm, call.args, call)
    elif made_of.rpartition(".")[2] != "set":
        flag_unknown(bench, dotted or f"{wording.value(target)}.add", call.args, call, Severity.HIGH)


def is_shared(found: Value) -> bool:
    """Whether a value is there already when the pickle is loaded, so that others see what becomes of it."""
    match found:
        case Global():
            return True
        case Result(call=made):
            return resolved(made.target) in _SHARED or _getter(made.target)
    return False


def _getter(target: Value) -> bool:
    return isinstance(target, Result) and resolved(target.call.target).rpartition(".")[2] in (
        "attrgetter",
        "itemgetter",
    )


def _says_anything(args: tuple[Value, ...], *, listed: bool = False, depth: int = 0) -> bool:
    """Whether arguments hold a text, bytes or something that is not known: what a constructor could act on.

    :param listed: what listed callables give back is known
    """
    for each in args:
        match each:
            case str() | bytes() | Opaque() | Persistent() | Global():
                return True
            case Result():
                maker = resolved(each.call.target)
                entry = look_up("", maker) if "." not in maker else look_up(*maker.rsplit(".", 1))
                if not listed or maker in _TEXTS or entry is None or entry.use is Use.NAME:
                    return True
            case Items() if (
                each.length > len(each.items)
                or depth > _DEEPEST
                or _says_anything(each.items, listed=listed, depth=depth + 1)
            ):
                return True
    return False


def _is_member(dotted: str, args: tuple[Value, ...]) -> bool:
    """Whether it looks like a member of an enumeration, or a counter: a class, called with one plain word, or with a
    dictionary of numbers.
    """
    if not is_class_like(dotted) or len(args) != 1:
        return False
    match args[0]:
        case str(word):
            return word.isidentifier()
        case Items(kind="dict", items=items, length=length) if items and length == len(items):
            return all(isinstance(key, str | int | float) for key in items[::2]) and all(
                isinstance(count, int | float) for count in items[1::2]
            )
    return False
