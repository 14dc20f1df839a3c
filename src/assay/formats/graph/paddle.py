"""PaddlePaddle programs (``.pdmodel``, ``__model__``) and parameters (``.pdiparams``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.mention import Mention, mentions_in, mentions_of
from assay.formats.graph.protobuf import Message, Wire
from assay.formats.source import Source, Window
from assay.formats.view import Fact, NotThisFormat, Tensor, View

_TEXT: Final = 400
_KEPT: Final = 1000
#: ``VarType.Type`` → NumPy's name, bytes of one element.
TYPES: Final = {
    0: ("bool", 1), 1: ("int16", 2), 2: ("int32", 4), 3: ("int64", 8), 4: ("float16", 2), 5: ("float32", 4),
    6: ("float64", 8), 20: ("uint8", 1), 21: ("int8", 1), 22: ("bfloat16", 2), 23: ("complex64", 8),
    24: ("complex128", 16), 32: ("float8_e4m3fn", 1), 33: ("float8_e5m2", 1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator in use, each kind where it first is; those with telling texts each time.

    :param texts: name and value of its text attributes
    """

    name: str
    offset: int
    texts: tuple[tuple[str, str], ...]


class Paddle(View):
    """A program, or a file of parameters."""

    kind: ClassVar[str] = "paddle"

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.operators: list[Operator] = []
        self.mentions: list[Mention] = []
        """Telling words in attributes, and in what could not be read."""
        self.parameters: list[Tensor] = []
        self.kinds: set[str] = set()
        """Names of all operators."""

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        return iter(self.parameters)

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`: the parameters lie beside the program."""
        stem, dot, ending = self.name.rpartition(".")
        return [Fact("weights", f"{stem}.pdiparams")] if dot and ending.lower() == "pdmodel" else []


def read(source: Source, budget: Budget, name: str) -> Paddle:
    """See :class:`assay.formats.signature.Reader`."""
    view = Paddle(name)
    if source.read(0, 4) == b"\0\0\0\0":
        return _parameters(view, source, budget)
    blocks = 0
    last = 0
    try:
        for one in Message(source, budget):
            last = one.offset
            if one.number == 1 and one.wire is Wire.BYTES:
                blocks += 1
                last = _block(view, one.message(), budget)
    except FormatError as error:
        if not view.operators:
            raise NotThisFormat(error.what, offset=error.offset) from error
        view.note(error)
        # What stands after the break is no program any more; but somebody put it there.
        view.mentions.extend(mentions_of(source, budget, max(last, view.operators[-1].offset)))
    if not view.operators:
        raise NotThisFormat("it has no operators")
    return view


def _block(view: Paddle, message: Message, budget: Budget) -> int:
    """Walk a ``BlockDesc``; broken operators end the walk of that operator only."""
    index = parent = False
    for one in message:
        if one.number == 1 and one.wire is Wire.VARINT:
            index = True
        elif one.number == 2 and one.wire is Wire.VARINT:
            parent = True
        elif one.number == 4 and one.wire is Wire.BYTES:
            if not (index and parent):
                raise NotThisFormat("it is no block of a program", offset=message.start)
            _operator(view, one.message(), budget)
    return message.start + message.size


def _operator(view: Paddle, message: Message, budget: Budget) -> None:
    budget.spend_members(offset=message.start)
    name, texts = "", []
    try:
        for one in message:
            if one.wire is not Wire.BYTES:
                continue
            if one.number == 3:
                name = one.text()[:_TEXT]
            elif one.number == 4:
                texts.extend(_attribute(one.message()))
    finally:
        if name:
            keep_operator(view, name, message.start, texts[:_KEPT])


#: Attributes that name what an operator opens; texts of others are only kept when they are telling.
NAMING: Final = ("file", "path", "dir", "library", "lib", "endpoint", "script", "module", "func", "code", "cmd")


def keep_operator(view: Paddle, name: str, offset: int, texts: list[tuple[str, str]]) -> None:
    """Put into the view what an operator says; each kind once, and again with every text that names something."""
    naming = tuple((key, value) for key, value in texts if value and any(word in key.lower() for word in NAMING))
    for _, value in texts:
        if len(view.mentions) < _KEPT:
            view.mentions.extend(mentions_in(value, offset))
    if name not in view.kinds or (naming and len(view.operators) < _KEPT):
        view.kinds.add(name)
        view.operators.append(Operator(name, offset, naming))


def _attribute(message: Message) -> list[tuple[str, str]]:
    name, values = "", list[str]()
    for one in message:
        if one.wire is not Wire.BYTES:
            continue
        if one.number == 1:
            name = one.text()[:_TEXT]
        elif one.number in {5, 8} and len(values) < 64:
            values.append(one.text()[:4096])
    # Where an operator was written in the source is told by every exporter and opened by nobody.
    return [] if name == "op_callstack" else [(name, value) for value in values]


def _parameters(view: Paddle, source: Source, budget: Budget) -> Paddle:
    """Tensors one after the other: version, levels of detail, version, description, numbers."""
    position = 0
    while position < source.size:
        budget.spend_members(offset=position)
        head = source.read(position, 16)
        levels = int.from_bytes(head[4:12], "little")
        # Real files hold dense tensors without levels, each announced by two zero versions.
        if len(head) < 16 or head[:4] != b"\0\0\0\0" or levels > 16:
            return _not_parameters(view, position)
        at = position + 12
        for _ in range(levels):
            at += 8 + int.from_bytes(source.read(at, 8), "little")
        version, length = source.read(at, 4), int.from_bytes(source.read(at + 4, 4), "little")
        if version != b"\0\0\0\0" or not 0 < length <= 4096 or at + 8 + length > source.size:
            return _not_parameters(view, position)
        kind, dims = _description(Message(Window(source, at + 8, length), budget))
        if kind not in TYPES or any(size < 0 for size in dims):
            return _not_parameters(view, position)
        size = TYPES[kind][1]
        for one in dims:
            size *= one
        start = at + 8 + length
        if size > source.size - start:
            return _not_parameters(view, position)
        name = f"parameter{len(view.parameters)}"
        view.parameters.append(Tensor(name, TYPES[kind][0], tuple(dims), Window(source, start, size), start))
        position = start + size
    return view


def _not_parameters(view: Paddle, position: int) -> Paddle:
    if not view.parameters:
        raise NotThisFormat("it holds no parameters", offset=position)
    view.note(FormatError("a parameter is broken", offset=position))
    return view


def _description(message: Message) -> tuple[int, list[int]]:
    kind, dims = -1, list[int]()
    try:
        for one in message:
            if one.number == 1 and one.wire is Wire.VARINT:
                kind = one.value
            elif one.number == 2:
                dims.extend(one.signed_integers())
    except FormatError:
        return -1, []
    return kind, dims
