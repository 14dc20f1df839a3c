"""Torch7's serialised Lua objects (``.t7``, ``.th``, ``.net``), binary and text.

Numbers, strings, tables and tensors are data. Functions are compiled Lua: loading the file loads them, and calling
the model runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.mention import Mention, mentions_in, mentions_of
from assay.formats.source import Source, Window
from assay.formats.tree.torch7_input import Binary, Input, Text
from assay.formats.view import NotThisFormat, Tensor, View

NIL, NUMBER, STRING, TABLE, TORCH, BOOLEAN, FUNCTION, LEGACY_RECURSIVE, RECURSIVE = range(9)
MENTIONS_KEPT: Final = 100
STRING_KEPT: Final = 65536
ELEMENTS: Final = {
    "Double": "float64", "Float": "float32", "Half": "float16", "Long": "int64", "Int": "int32", "Short": "int16",
    "Char": "int8", "Byte": "uint8",
}  # fmt: skip
SIZES: Final = {"Double": 8, "Float": 4, "Half": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1}


@dataclass(frozen=True, slots=True)
class Function:
    """A compiled Lua function.

    :param mentions: what its constants name
    """

    offset: int
    size: int
    lua: bool
    mentions: tuple[Mention, ...]


class Torch7(View):
    """What a file would bring into a Lua session."""

    kind: ClassVar[str] = "torch7"

    def __init__(self) -> None:
        super().__init__()
        self.functions: list[Function] = []
        self.classes: dict[str, int] = {}
        """Classes of the objects inside, and where each first stands."""
        self.mentions: list[Mention] = []
        """Telling words in strings, and in what could not be read."""
        self.storages: list[Tensor] = []

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`: each storage, as one run of numbers."""
        return iter(self.storages)


def read(source: Source, budget: Budget, name: str) -> Torch7:
    """See :class:`assay.formats.signature.Reader`."""
    view = Torch7()
    text = source.read(0, 1).isdigit()
    stream: Input = Text(source, budget) if text else Binary(source, budget)
    walker = _Walker(view, stream, budget, source)
    try:
        walker.run()
    except FormatError as error:
        if not view.classes and not view.functions and not _named(name):
            raise NotThisFormat(error.what, offset=error.offset) from error
        view.note(error)
        # What follows the break is read by nobody; but what is written there says what the file is for.
        view.mentions.extend(mentions_of(source, budget, stream.position))
    else:
        if not view.classes and not view.functions and not _named(name):
            raise NotThisFormat("it holds nothing of Torch7", offset=0)
    return view


def _named(name: str) -> bool:
    return name.lower().endswith((".t7", ".th"))


class _Walker:
    def __init__(self, view: Torch7, stream: Input, budget: Budget, source: Source) -> None:
        self._view = view
        self._in = stream
        self._budget = budget
        self._source = source
        self._seen: set[int] = set()

    def run(self) -> None:
        """Read one object with all that belongs to it. What is still to come is counted, so depth costs no recursion.

        :raises FormatError: it is broken
        """
        waiting = [1]
        steps = 0
        while waiting:
            steps += 1
            if steps % 4096 == 0:
                self._budget.check_time(self._in.position)
                self._budget.check_held(len(waiting) * 8 + len(self._seen) * 64, offset=self._in.position)
            if not waiting[-1]:
                waiting.pop()
                continue
            waiting[-1] -= 1
            if following := self._object():
                waiting.append(following)

    def _object(self) -> int:
        """Read one object's own part; how many objects follow that belong to it."""
        offset = self._in.position
        kind = self._in.integer()
        if kind == NUMBER:
            self._in.real()
        elif kind == BOOLEAN:
            self._in.integer()
        elif kind == STRING:
            self._string()
        elif kind in _KINDS:
            index = self._in.integer()
            if index not in self._seen:
                self._seen.add(index)
                return _KINDS[kind](self)
        elif kind != NIL:
            raise FormatError(f"an object of unknown type {kind}", offset=offset)
        return 0

    def _string(self) -> None:
        offset = self._in.position
        text = self._in.text(self._in.integer())
        if len(self._view.mentions) < MENTIONS_KEPT:
            self._view.mentions.extend(mentions_in(text, offset))

    def _table(self) -> int:
        offset = self._in.position
        size = self._in.integer()
        if size < 0 or size > self._source.size:
            raise FormatError("a table has more entries than the file can hold", offset=offset)
        return 2 * size

    def _function(self) -> int:
        offset = self._in.position
        size = self._in.integer()
        code = self._in.window(size)
        lua = code.read(0, 4) == b"\x1bLua" or code.read(0, 3) == b"\x1bLJ"
        if len(self._view.functions) < MENTIONS_KEPT:
            mentions = tuple(mentions_of(code, self._budget))
            self._view.functions.append(Function(offset, size, lua, mentions))
        return 1

    def _torch(self) -> int:
        offset = self._in.position
        version = self._in.text(self._in.integer())
        name = self._in.text(self._in.integer()) if version.startswith("V ") else version
        if not name or len(name) > 200 or not name.isprintable():
            raise FormatError("an object has no class", offset=offset)
        self._view.classes.setdefault(name, offset)
        element = name.rpartition(".")[2].removeprefix("Cuda")
        if name.startswith("torch.") and element.endswith("Storage"):
            self._storage(element.removesuffix("Storage") or "Float", offset)
            return 0
        if name.startswith("torch.") and element.endswith("Tensor"):
            return self._tensor()
        if name in _COUNTED:
            count = self._in.long()
            if count < 0 or count > self._source.size:
                raise FormatError("more entries than the file can hold", offset=self._in.position)
            return count * _COUNTED[name]
        return 1

    def _tensor(self) -> int:
        offset = self._in.position
        dimensions = self._in.integer()
        if not 0 <= dimensions <= 64:
            raise FormatError("a tensor has too many dimensions", offset=offset)
        sizes = [self._in.long() for _ in range(dimensions)]
        for _ in range(dimensions + 1):
            self._in.long()
        if any(size < 0 for size in sizes):
            raise FormatError("a tensor has a negative size", offset=offset)
        return 1

    def _storage(self, element: str, offset: int) -> None:
        count = self._in.long()
        if count < 0:
            raise FormatError("a storage has a negative size", offset=offset)
        start = self._in.position
        window = self._in.numbers(count, SIZES.get(element, 4))
        if (
            isinstance(window, Window)
            and element in ELEMENTS
            and len(self._view.storages) < self._budget.limits.members
        ):
            name = f"storage{len(self._view.storages)}"
            self._view.storages.append(Tensor(name, ELEMENTS[element], (count,), window, start))


#: Classes that write a number of entries, and the objects that each entry has.
_COUNTED: Final = {"tds.Hash": 2, "tds.hash": 2, "tds.Vec": 1, "tds.vec": 1}
_KINDS: Final[dict[int, Callable[[_Walker], int]]] = {
    TABLE: _Walker._table, TORCH: _Walker._torch, FUNCTION: _Walker._function,
    LEGACY_RECURSIVE: _Walker._function, RECURSIVE: _Walker._function,
}  # fmt: skip
