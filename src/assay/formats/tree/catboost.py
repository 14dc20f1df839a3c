"""CatBoost's own model format (``.cbm``): a FlatBuffer with the trees and a table of texts, then parts of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.flatbuffer import Flatbuffer
from assay.formats.graph.mention import Mention, mentions_in, mentions_of
from assay.formats.source import Source, Window
from assay.formats.view import View

MAGIC: Final = b"CBM1"
_LONG: Final = 0xFFFFFFFF
_KEPT: Final = 1000
#: Versions of the core that there are.
VERSIONS: Final = frozenset({"FlabuffersModel_v1"})
#: How the kinds of part that may follow the core begin.
PARTS: Final = ("text_process", "static_ctr_provider", "embedding_process")


@dataclass(frozen=True, slots=True)
class Note:
    """A text that the model carries along."""

    key: str
    value: str


class CatBoost(View):
    """What a model carries."""

    kind: ClassVar[str] = "catboost"

    def __init__(self) -> None:
        super().__init__()
        self.version = ""
        self.part_kinds: list[str] = []
        self.notes: list[Note] = []
        self.mentions: list[tuple[str, Mention]] = []
        """Telling words, and the text (its key) or part each stands in."""
        self.faults: list[str] = []


def read(source: Source, budget: Budget, name: str) -> CatBoost:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`."""
    if source.read(0, 4) != MAGIC:
        raise FormatError("it does not begin with CBM1", offset=0)
    view = CatBoost()
    start, size = 8, int.from_bytes(source.read(4, 4), "little")
    if size == _LONG:
        start, size = 16, int.from_bytes(source.read(8, 8), "little")
    end = start + size
    try:
        if end > source.size:
            raise FormatError(f"its core of {size:,} bytes ends beyond the file", offset=4)
        _core(view, Window(source, start, size), budget)
    except FormatError as error:
        view.note(error)
        # A broken core is refused by the library; what it holds still says what it was made for.
        end = min(end, start)
        view.mentions.extend(("core", mention) for mention in mentions_of(source, budget, start))
        return view
    if end < source.size:
        if not view.part_kinds:
            view.faults.append(f"has {source.size - end:,} bytes after its core and names no parts there")
        view.mentions.extend(("part", mention) for mention in mentions_of(source, budget, end))
    return view


def _core(view: CatBoost, source: Source, budget: Budget) -> None:
    root = Flatbuffer(source, budget).root()
    view.version = root.text(0)[:100]
    for entry in root.tables(2):
        key, value = entry.text(0, 200), entry.text(1)
        if len(view.notes) < _KEPT:
            view.notes.append(Note(key, value[:4096]))
            view.mentions.extend((key, mention) for mention in mentions_in(value))
    view.part_kinds = [text for text, _ in zip(root.texts(3, 200), range(_KEPT), strict=False)]
    trees = root.table(1)
    if trees is None:
        raise FormatError("it has no trees", offset=0)
