"""What an ONNX model asks for: operators, functions, outside files, and where its numbers lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.formats.graph.mention import Mention
from assay.formats.view import Fact, Tensor, View, reads

#: Texts of attributes that one node keeps, and nodes that keep theirs.
ATTRIBUTES_KEPT: Final = 32
TEXT_KEPT: Final = 400
NODES_KEPT: Final = 1000
FAULTS_KEPT: Final = 200
LONGEST_TOLD: Final = 4096
#: Domains whose operators are the standard's own: their attributes name nothing outside the model.
STANDARD: Final = frozenset({"", "ai.onnx", "ai.onnx.ml"})


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator that the model needs, where it is first used.

    :param place: graphs and nodes on the way to it, ``g/If_3/then_branch/Conv_1``
    :param attributes: texts among its attributes; none for operators of the standard itself
    """

    domain: str
    name: str
    place: str
    offset: int
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class External:
    """Numbers of a tensor that lie in another file.

    :param entries: key and value as they stand there, ``location``, ``offset``, ``length``, ``checksum`` …
    :param used: whether the tensor says that its numbers lie there; entries without that are left alone by loaders
    :param needs: bytes that its type and shape ask for; 0 when they do not show
    """

    tensor: str
    entries: tuple[tuple[str, str], ...]
    used: bool
    offset: int
    needs: int = 0

    def named(self, key: str) -> str | None:
        """The value of a key, the last when it stands there twice."""
        return next((value for name, value in reversed(self.entries) if name == key), None)

    @property
    def range(self) -> tuple[int, int]:
        """First byte and length of its numbers; without a length, as many as its shape asks for.

        What is no number, or a negative one, is a length of -1.
        """
        begin, length = whole(self.named("offset") or "0"), whole(self.named("length") or str(self.needs))
        return (begin, length) if begin is not None and length is not None else (0, -1)


def whole(text: str) -> int | None:
    """The whole number that a text says, none of them negative; ``None`` for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a tensor that contradicts itself."""

    tensor: str
    what: str
    offset: int


class Onnx(View):
    """A model, or a single tensor as the test data of models has it."""

    kind: ClassVar[str] = "onnx"

    def __init__(self) -> None:
        super().__init__()
        self.ir_version = 0
        self.producer = ""
        self.opsets: dict[str, int] = {}
        """Domain → version of its operators."""
        self.operators: list[Operator] = []
        """Operators in use, each (domain, name) where it first is; those with attributes of their own each time."""
        self.functions: set[tuple[str, str]] = set()
        """Domain and name of the functions that the model brings along."""
        self.externals: list[External] = []
        self.faults: list[Fault] = []
        self.ambiguous: list[Fault] = []
        """Tensors that two readers would fill with different numbers."""
        self.metadata: dict[str, str] = {}
        self.mentions: list[tuple[str, Mention]] = []
        """Telling words in notes and text attributes, and where they stand."""
        self.graphs = 0
        self._tensors: list[Tensor] = []

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        return iter(self._tensors)

    def add_tensor(self, tensor: Tensor) -> None:
        """Used by the reader."""
        self._tensors.append(tensor)

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`: files that hold its numbers."""
        seen: dict[str, int] = {}
        for external in self.externals:
            if location := external.named("location"):
                seen.setdefault(location, external.offset)
        return [*(Fact("weights", location, offset) for location, offset in seen.items()), *self._ranges()]

    def _ranges(self) -> Iterator[Fact]:
        """Of each file the range that reaches furthest; one that is impossible before all."""
        last: dict[str, tuple[int, External]] = {}
        for external in self.externals:
            location = external.named("location")
            if location and external.used:
                begin, length = external.range
                reach = 1 << 80 if length < 0 else begin + length
                if reach > last.get(location, (-1, external))[0]:
                    last[location] = reach, external
        for location, (_, external) in last.items():
            begin, length = external.range
            yield reads("onnx", f"tensor {external.tensor}", begin, length, [location], external.offset)
