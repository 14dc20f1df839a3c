"""Argument rules for what looks a name up: an attribute, a module."""

from __future__ import annotations

from assay.core.finding import Severity
from assay.formats.pickle.values import Call, Global, Items, Persistent, Result, Value
from assay.scan.callables.allowed import Entry, Use, is_known, look_up
from assay.scan.callables.harm import harm_of
from assay.scan.pickles import wording
from assay.scan.pickles.bench import Bench
from assay.scan.pickles.carried import is_common
from assay.scan.pickles.names import is_class_like, is_python, reached, resolved


def attribute(bench: Bench, _: str, args: tuple[Value, ...], call: Call) -> None:
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
        listed = look_up(start, name) if start else _made_of_listed(holder) if not name.startswith("__") else None
        if listed is not None:
            return
        maker = _maker(holder)
        if not name.startswith("__") and maker and not is_python(maker) and reached(maker, name) is None:
            words = f"looks up {wording.text(full, 100)}, a private attribute of a class that is on no list"
            bench.flag("pickle-unknown-name", full, words, call.offset, Severity.LOW)
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


def attribute_path(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``attrgetter("a.b")`` and ``methodcaller("a")`` are kept; what they look up must be plain names."""
    names = args if dotted.endswith("attrgetter") else args[:1]
    for name in names:
        if not isinstance(name, str) or any(part.startswith("_") for part in name.split(".")):
            _reaches(bench, f"{dotted}{wording.arguments(args)}", "makes a getter of a private attribute", call)


def module(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
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
        if is_common(name):  # by itself it does nothing; what functions do with it is looked at when all are known
            bench.modules.setdefault(name, (dotted, call.offset))
            return
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


def ufunc(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``_ufunc_reconstruct(module, name)`` imports any module and looks up any name in it."""
    match args:
        case (str(module), str(name)) if (entry := look_up(module, name)) is not None and entry.use is Use.NAME:
            return
        case (str(name),):
            return
    bench.flag(
        "pickle-imports-module",
        dotted,
        f"imports and looks up with {dotted}{wording.arguments(args)}, which is for NumPy's own functions",
        call.offset,
        Severity.CRITICAL,
    )


def named_tuple(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """``_create_namedtuple(name, fields, module)`` looks in the module first."""
    if len(args) > 2 and args[2] != "__main__":
        module(bench, dotted, args[2:3], call)


def _reaches(bench: Bench, subject: str, words: str, call: Call) -> None:
    bench.flag("pickle-indirect-name", subject, f"{words}: {wording.text(subject, 100)}", call.offset)


def _made_of_listed(holder: Value) -> Entry | None:
    """What the allow-list says of the class whose instance this is."""
    maker = _maker(holder)
    return look_up(*maker.rsplit(".", 1), new=True) if "." in maker else None


def _maker(holder: Value) -> str:
    """The dotted name of the class whose instance this is, as far as it is told."""
    if not isinstance(holder, Result):
        return ""
    match holder.call.target:
        case Persistent(pid=Items(items=("module", Global() as named, *_))):
            return named.dotted  # PyTorch's old format keeps classes so, with their source
    maker = resolved(holder.call.target)
    if maker in ("copyreg._reconstructor", "copyreg.__newobj__") and holder.call.args:
        return resolved(holder.call.args[0])
    return maker if holder.call.op in ("NEWOBJ", "NEWOBJ_EX") or look_up(*_split(maker), new=True) else ""


def _split(dotted: str) -> tuple[str, str]:
    before, _, last = dotted.rpartition(".")
    return before, last
