"""TensorFlow Lite models: operators, custom ones by their names, and the runs of numbers.

Slots are those of ``schema.fbs`` (version 3). The metadata that many models carry is a zip behind the FlatBuffer; the
zip's own reader sees that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.flatbuffer import Flatbuffer, Table
from assay.formats.source import Source, Window
from assay.formats.view import Tensor, View

IDENTIFIER: Final = b"TFL3"
#: ``BuiltinOperator.CUSTOM``.
CUSTOM: Final = 32
#: The code before 2020 had one byte; larger ones have this in it.
_PLACEHOLDER: Final = 127
_TYPES: Final = {
    0: ("float32", 4), 1: ("float16", 2), 2: ("int32", 4), 3: ("uint8", 1), 4: ("int64", 8), 6: ("bool", 1),
    7: ("int16", 2), 8: ("complex64", 8), 9: ("int8", 1), 10: ("float64", 8), 11: ("complex128", 16),
    12: ("uint64", 8), 15: ("uint32", 4), 16: ("uint16", 2), 18: ("bfloat16", 2),
}  # fmt: skip


#: Bytes of a name that are kept, and axes of a tensor.
NAME_KEPT: Final = 512
MAX_AXES: Final = 64
#: Bytes of all operators' options that are looked at.
OPTIONS_IN_ALL: Final = 64 << 20
#: Bytes of an operator's options that are looked at, and identifiers in them that are kept.
OPTIONS_READ: Final = 1 << 20
WORDS_KEPT: Final = 1000
_WORD: Final = re.compile(rb"[A-Za-z_]\w{2,100}")


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator that the model needs.

    :param code: ``BuiltinOperator``
    :param name: of a custom one
    """

    code: int
    name: str
    version: int
    offset: int

    @property
    def custom(self) -> bool:
        """Whether the program that loads the model must bring it along."""
        return self.code == CUSTOM


@dataclass(frozen=True, slots=True)
class Place:
    """A tensor's numbers that lie outside the file's bounds or are of the wrong length.

    :param what: which it is, and how
    """

    what: str
    offset: int


@dataclass(frozen=True, slots=True)
class Options:
    """What one use of a custom operator is given. Operators of the Flex delegate find a whole TensorFlow node in it.

    :param words: identifiers that stand in its bytes, in order
    """

    operator: str
    words: tuple[str, ...]
    offset: int


class TFLite(View):
    """A model."""

    kind: ClassVar[str] = "tflite"

    def __init__(self) -> None:
        super().__init__()
        self.version: int = 0
        self.operators: list[Operator] = []
        self.subgraphs: int = 0
        self.metadata: list[str] = []
        """Names of the runs of bytes that are there for other programs."""
        self.external: list[tuple[str, int]] = []
        """Files that hold buffers, and where they are named."""
        self.misplaced: list[Place] = []
        """What lies where no loader may read."""
        self.options: list[Options] = []
        """What custom operators are given."""
        self.options_read: int = 0
        """Bytes of options that have been looked at."""
        self._tensors: list[Tensor] = []

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        return iter(self._tensors)


def read(source: Source, budget: Budget, name: str) -> TFLite:
    """See :class:`~assay.formats.signature.Reader`."""
    del name
    view = TFLite()
    at = 0 if source.read(4, 4) == IDENTIFIER else 4
    model = Flatbuffer(source, budget).root(IDENTIFIER, at=at)
    try:
        view.version = model.number(0, 4)
        for code in model.tables(1):
            view.operators.append(_operator(code))
        buffers = _buffers(model, source, view)
        for graph in model.tables(2):
            view.subgraphs += 1
            for use in graph.tables(3):
                _use(view, use, source)
            for tensor in graph.tables(0):
                _tensor(view, tensor, buffers)
        for entry in model.tables(6):
            view.metadata.append(entry.text(0, NAME_KEPT))
        for group in model.tables(8):
            view.external.append((group.text(0, NAME_KEPT), group.offset))
    except FormatError as error:
        view.note(error)
    return view


def _operator(code: Table) -> Operator:
    builtin = code.number(3, 4, signed=True)
    old = code.number(0, 1, signed=True)
    # Readers take the larger of the two.
    return Operator(max(builtin, old), code.text(1, NAME_KEPT), code.number(2, 4, 1), code.offset)


def _use(view: TFLite, use: Table, source: Source) -> None:
    index = use.number(0, 4)
    if index >= len(view.operators):
        view.misplaced.append(Place(f"an operator has the code {index:,}, which does not exist", use.offset))
        return
    operator = view.operators[index]
    if not operator.custom:
        return
    start, size = use.number(9, 8), use.number(10, 8)
    options = Window(source, start, size) if start > 1 and size else use.window(5)
    if options is None or not options.size:
        return
    view.options_read += min(options.size, OPTIONS_READ)
    if view.options_read > OPTIONS_IN_ALL:
        raise FormatError(f"the options of operators are more than {OPTIONS_IN_ALL:,} bytes", offset=options.start)
    data = options.read(0, OPTIONS_READ)
    words = dict.fromkeys(word.decode() for word in _WORD.findall(data))
    view.options.append(Options(operator.name, tuple(words)[:WORDS_KEPT], options.start))


def _buffers(model: Table, source: Source, view: TFLite) -> list[Window | None]:
    found: list[Window | None] = []
    for buffer in model.tables(4):
        start, size = buffer.number(1, 8), buffer.number(2, 8)
        if start > 1 and size:
            if start + size > source.size:
                view.misplaced.append(
                    Place(f"buffer {len(found)} of {size:,} bytes ends beyond the file", buffer.offset)
                )
                found.append(None)
                continue
            found.append(Window(source, start, size))
        else:
            found.append(buffer.window(0))
    return found


def _tensor(view: TFLite, tensor: Table, buffers: list[Window | None]) -> None:
    index, name = tensor.number(2, 4), tensor.text(3, NAME_KEPT)
    if index >= len(buffers):
        view.misplaced.append(Place(f"tensor {name!r} is in buffer {index:,}, which does not exist", tensor.offset))
        return
    data = buffers[index]
    if index == 0 or data is None or not data.size:
        return
    shape = tensor.numbers(0, 4, signed=True) if tensor.count(0) <= MAX_AXES else (-1,)
    dtype, width = _TYPES.get(tensor.number(1, 1), ("", 0))
    if not dtype or math.prod(shape) * width != data.size or any(axis < 0 for axis in shape):
        dtype, shape = "uint8", (data.size,)
    view._tensors.append(Tensor(name, dtype, shape, data, data.start))
