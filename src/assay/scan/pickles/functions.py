"""Functions that a pickle carries: as fields of a code object, as marshalled bytes, or as a text."""

from __future__ import annotations

from typing import Final

from assay.core.errors import FormatError
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.values import TEXT_KEPT, Call, Items, Value
from assay.scan.callables.harm import Harm
from assay.scan.pickles import carried, wording
from assay.scan.pickles import marshalled as marshal_reader
from assay.scan.pickles.bench import Bench
from assay.scan.pickles.carried import Code

RULE: Final = "pickle-embedded-code"
_SHOWN: Final = 6
#: What is as bad when the function is called as when the pickle called it itself.
_CRITICAL: Final = frozenset((Harm.COMMAND, Harm.CODE, Harm.NATIVE, Harm.LOAD, Harm.IMPORT))


def code(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """The fields of a code object in any Python's order: instructions, constants, names, variables, file, name."""
    for index, each in enumerate(args):
        match (each, *args[index + 1 : index + 6]):
            case (
                bytes(instructions) | str(instructions),
                Items(kind="tuple", items=constants, length=many),
                Items(kind="tuple", items=names, length=count),
                Items(kind="tuple"),
                str() | bytes() as file,
                str() | bytes() as name,
            ):
                found = Code(
                    _text(name) or _text(file),
                    tuple(_text(one) for one in names if isinstance(one, str | bytes)),
                    tuple(one for one in _flat(constants) if isinstance(one, str)),
                    instructions if isinstance(instructions, bytes) else instructions.encode("latin-1", "replace"),
                    complete=len(instructions) < TEXT_KEPT and many == len(constants) and count == len(names),
                )
                _report(bench, [found], call)
                if count > len(names):
                    words = f"carries a function that uses {count} names, of which only {len(names)} could be read"
                    bench.flag(RULE, f"cut {call.offset}", words, call.offset, Severity.MEDIUM, Confidence.LOW)
                return
    bench.flag(
        RULE, f"unreadable {call.offset}", f"makes a function with {dotted} of parts that cannot be read", call.offset,
        Severity.HIGH, Confidence.MEDIUM,
    )  # fmt: skip


def _flat(constants: tuple[Value, ...]) -> list[Value]:
    found: list[Value] = []
    for each in constants:
        found.extend(each.items if isinstance(each, Items) else (each,))
    return found


def marshalled(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """Bytes that ``marshal`` wrote."""
    match args:
        case (bytes(data), *_) if len(data) < TEXT_KEPT:
            try:
                _report(bench, marshal_reader.read(data), call)
            except FormatError as error:
                _unreadable(bench, dotted, error.what, call)
        case _:
            _unreadable(bench, dotted, "they are put together, or too long", call)


def _unreadable(bench: Bench, dotted: str, why: str, call: Call) -> None:
    words = f"makes a function with {dotted} of bytes that cannot be read: {why}"
    bench.flag(RULE, f"unreadable {call.offset}", words, call.offset, Severity.HIGH, Confidence.MEDIUM)


def source(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """A text that is compiled and run while the pickle is loaded, as ``torch.fx`` writes its graphs down."""
    from assay.scan.pickles.source import read  # noqa: PLC0415 - it needs the compiler's parser

    found = [code for each in _flat(args) if isinstance(each, str) and (code := read(each)) is not None]
    if not found:
        _unreadable(bench, dotted, "no Python is in them", call)
        return
    if any(each.statements for each in found):
        words = f"{dotted} runs statements, not only definitions, while it is loaded"
        bench.flag(RULE, f"statements {call.offset}", words, call.offset, Severity.HIGH)
    _report(bench, [each.code for each in found], call)


def aliases(bench: Bench) -> None:
    """Modules that a pickle imports for its functions, and functions that may use one under another name."""
    for module, (dotted, place) in bench.modules.items():
        who = "which ordinary code uses" if bench.carried else "though it carries no function that could use it"
        severity = Severity.LOW if bench.carried else Severity.HIGH
        bench.flag("pickle-imports-module", module, f"imports {module}, {who}, with {dotted}", place, severity)
    named = frozenset().union(*(carried.uses(code).globals for code, _ in bench.carried)) if bench.modules else ()
    for module in bench.modules:
        for code, offset in bench.carried:
            for dotted, harm in carried.aliased(code, module, anywhere=module not in named):
                words = f"carries the Python function {wording.text(code.name)} as code, which uses"
                words += f" {dotted.rpartition('.')[2]}, and imports {module} under another name: {dotted} {harm.does}"
                severity = Severity.CRITICAL if harm in _CRITICAL else Severity.HIGH
                bench.flag(RULE, f"{code.name} {dotted}", words, offset, severity, Confidence.MEDIUM)


def _report(bench: Bench, found: list[Code], call: Call) -> None:
    for each in found:
        bench.carried.append((each, call.offset))
        verdict = carried.judge(each)
        name = wording.text(each.name)
        if verdict.reaches:
            worst = verdict.reaches[0][1]
            reached = ", ".join(wording.text(dotted) for dotted, _ in verdict.reaches[:_SHOWN])
            bench.flag(
                RULE,
                f"{each.name} {reached}",
                f"carries the Python function {name} as code, which uses {reached} and so {worst.does}",
                call.offset,
                Severity.CRITICAL if worst in _CRITICAL else Severity.HIGH,
                Confidence.HIGH if verdict.sure else Confidence.MEDIUM,
            )
        else:
            used = ", ".join(wording.text(word) for word in each.names[:_SHOWN])
            bench.flag(
                RULE,
                f"{each.name} {used}",
                f"carries the Python function {name} as code, which uses {used or 'no name from outside'}",
                call.offset,
                Severity.LOW,
                Confidence.MEDIUM,
            )


def _text(found: str | bytes) -> str:
    return found if isinstance(found, str) else found.decode("latin-1")
