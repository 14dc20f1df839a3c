"""Argument rules: what callables may be given that are harmless only with some arguments."""

from __future__ import annotations

import re
from typing import Final

from assay.core.finding import Severity
from assay.formats.pickle.values import Call, Global, Items, Opaque, Persistent, Result, Value
from assay.scan.pickles import calls, functions, lookups, making, states, wording
from assay.scan.pickles.bench import ArgumentRule, Bench

#: The most bytes that a call may allocate by naming a number.
_MOST_BYTES: Final = 1 << 30
_FRACTION: Final = re.compile(r"\s*[+-]?[\d_]*(/[\d_]+|\.[\d_]*)?([eE][+-]?\d{1,4})?\s*")
_DEEPEST: Final = 4
#: What bytes begin with that are inspected as a file of their own.
_MAGIC: Final = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04", b"\x89HDF")


def _one_argument(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    if len(args) != 1 or isinstance(args[0], Opaque):
        bench.flag_misuse(dotted, args, call)


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


def _range(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """A range costs nothing until something is made of it, which is all that anybody does with one."""
    ends = [each for each in args if isinstance(each, int)]
    if 0 < len(ends) == len(args) <= 3 and not (len(ends) == 3 and ends[2] == 0):
        whole = range(*ends)
        if whole and abs((whole[-1] - whole[0]) // whole.step) >= _MOST_BYTES:
            bench.flag(
                "pickle-expansion-bomb",
                dotted,
                f"{dotted}{wording.arguments(args)} has more values than memory holds",
                call.offset,
                Severity.MEDIUM,
            )


def _fraction(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    for each in args:
        if isinstance(each, str) and not _FRACTION.fullmatch(each):
            bench.flag(
                "pickle-expansion-bomb",
                dotted,
                f"{dotted}({wording.value(each)}) computes the exponent in full",
                call.offset,
                Severity.HIGH,
            )


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


def _bytes(bench: Bench, found: Value, depth: int = 0) -> bytes | None:
    """The start of bytes that lie in the pickle: as they are, as a text, or as the state of a file in memory."""
    match found:
        case bytes():
            return found
        case Result(call=Call(target=Global(module="_codecs", name="encode"), args=(str(text), "latin1" | "latin-1"))):
            return text[:16].encode("latin-1", "replace")
        case Result(call=Call(target=Global(module="_io" | "io", name="BytesIO"), args=args) as made):
            for state in (Items("tuple", args, len(args), made.offset), *bench.states.get(id(made), ())):
                if (
                    isinstance(state, Items)
                    and state.items
                    and (inner := _bytes(bench, state.items[0], depth + 1)) is not None
                ):
                    return inner
    return None


def _no_path(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """A text where numbers or nothing is expected is the name of a file to read."""
    if any(isinstance(each, str | bytes | Opaque | Persistent) for each in args):
        shown = f"{dotted}{wording.arguments(args)}"
        bench.flag("pickle-file-access", dotted, f"calls {shown}, which reads the files it is given", call.offset)


def _own(bench: Bench, dotted: str, args: tuple[Value, ...], call: Call) -> None:
    """The first argument is changed: it must be something the pickle made."""
    states.judge(bench, call)
    if args and (isinstance(args[0], Persistent) or calls.is_shared(args[0])):
        bench.flag(
            "pickle-attribute-tampering",
            wording.value(args[0]),
            f"sets attributes of {wording.value(args[0])} with {dotted}, which is not the pickle's own",
            call.offset,
        )


#: By the word that stands behind ``judge:`` in a listing.
RULES: Final[dict[str, ArgumentRule]] = {
    "constructor": making.constructor,
    "new": making.new,
    "new-index": making.new_index,
    "factory": making.factory,
    "union": making.union,
    "apply-third": making.applies(0, 2),
    "apply-second": making.applies(0, 1),
    "apply-name": making.applies(1, 0, single=True),
    "apply-rest": making.apply_rest,
    "apply-partial": making.apply_partial,
    "attribute": lookups.attribute,
    "attribute-path": lookups.attribute_path,
    "module": lookups.module,
    "named-tuple": lookups.named_tuple,
    "ufunc": lookups.ufunc,
    "one-argument": _one_argument,
    "size": _size,
    "range": _range,
    "fraction": _fraction,
    "nested": _nested,
    "no-path": _no_path,
    "own": _own,
    "code": functions.code,
    "marshalled": functions.marshalled,
    "source": functions.source,
}
