"""PyTorch's zips: state dicts, TorchScript, ``torch.export``, ``torch.package``, and TorchServe's model archives.

The zip itself, with everything in it as members, is another reader's; this one knows what PyTorch makes of the entries:
which pickle refers to which run of numbers, what belongs to the format, and what code is in there.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.archive import zip as zips
from assay.formats.archive.zip import Entry, Zip
from assay.formats.budget import Budget
from assay.formats.pickle.stream import run
from assay.formats.source import Source, Window
from assay.formats.tensor import torch_export, torch_names, torchscript
from assay.formats.tensor.elements import BITS
from assay.formats.tensor.torch_types import Parameter, Storage, parameter_of, storage_of
from assay.formats.view import Fact, NotThisFormat, Tensor, View, outline

#: Sources and graphs longer than this are no hand's work, and are told as a part that was not read.
_TEXT_HELD: Final = 64 << 20
_NAME: Final = re.compile(rb"X(..\x00\x00)|\x8c(.)", re.DOTALL)


class Variant(enum.Enum):
    """What PyTorch takes the zip for."""

    STATE = "a checkpoint"
    SCRIPT = "a TorchScript program"
    EXPORT = "an exported program"
    PACKAGE = "a torch.package"
    ARCHIVE = "a TorchServe archive"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A storage whose entry is not as long as the pickle says.

    :param expected: bytes that the pickle says
    :param found: bytes that the entry has; ``None`` when there is no such entry
    """

    entry: str
    expected: int
    found: int | None
    offset: int | None


@dataclass(frozen=True, slots=True)
class Script:
    """An operator or a class that TorchScript's source names.

    :param entry: the source's name in the zip
    :param offset: of that entry's data
    """

    entry: str
    use: torchscript.Use
    offset: int


class Torch(View):
    """A PyTorch zip. Names are those of the zip's entries."""

    kind: ClassVar[str] = "torch"

    def __init__(self, archive: Zip, budget: Budget, variant: Variant, prefix: str) -> None:
        super().__init__()
        self._archive = archive
        self._budget = budget
        self.variant = variant
        self.prefix = prefix
        """The folder inside the zip that holds everything, with its slash."""
        self.entries: dict[str, Entry] = {entry.name: entry for entry in archive.entries if not entry.is_folder}
        self.big_endian = False
        self.storages: dict[str, Storage] = {}
        """Entry → the storage that a pickle says it is."""
        self.parameters: list[tuple[str, Parameter]] = []
        """Tensors that the main pickle makes, with the entry of their numbers, in order."""
        self.names: list[str] = []
        """What the main pickle calls each of them, as far as that shows; else the entry's name."""
        self.mismatches: list[Mismatch] = []
        self.unreferenced: list[Entry] = []
        """Entries that nothing in the format refers to."""
        self.scripts: list[Script] = []
        self.native: list[Entry] = []
        """Entries of native code, or of source that is compiled to it."""
        self.sources: list[Entry] = []
        """Entries of Python source that is run when the model is loaded or served."""
        self.expressions: list[tuple[str, str]] = []
        """Entry and text of size expressions of an exported program that are more than arithmetic."""
        self.operators: list[tuple[str, str]] = []
        """Entry and name of an exported program's operators, each once."""

    def covers(self) -> frozenset[str]:
        """See :class:`View`."""
        return frozenset(name for name in self.entries if torch_names.is_numbers(name.removeprefix(self.prefix)))

    def tensors(self) -> Iterator[Tensor]:
        """One for each run of numbers, named for its entry."""
        for name, entry in self.entries.items():
            if not torch_names.is_numbers(name.removeprefix(self.prefix)) or entry.local is None:
                continue
            self._budget.check_time(entry.offset)
            storage = self.storages.get(name)
            dtype = storage.dtype if storage else "uint8"
            source = self._archive.open(entry)
            yield Tensor(name, dtype, (source.size * 8 // BITS[dtype],), source, entry.offset, self.big_endian)

    def named_tensors(self) -> Iterator[Tensor]:
        """The tensors that the main pickle makes, where their numbers follow each other."""
        for name, (entry_name, parameter) in zip(self.names, self.parameters, strict=True):
            entry = self.entries.get(entry_name)
            if entry is None or not parameter.contiguous:
                continue
            size = BITS[parameter.dtype] // 8
            count = 1
            for length in parameter.shape:
                count *= length
            begin = parameter.begin * size
            window = Window(self._archive.open(entry), begin, count * size)
            offset = entry.offset + begin
            yield Tensor(name, parameter.dtype, parameter.shape, window, offset, self.big_endian)

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`: the Python sources that run, and which tensors it has."""
        code = [Fact("code", entry.name, entry.header_offset) for entry in self.sources]
        made = zip(self.names, self.parameters, strict=True)
        return [*code, *outline((name, parameter.dtype, parameter.shape) for name, (_, parameter) in made)]

    def read_all(self) -> None:
        """Fill the view; what cannot be read is noted."""
        order = self.entries.get(self.prefix + "byteorder")
        if order is not None:
            self.big_endian = self._content(order).read(0, 16).strip() == b"big"
        referenced: set[str] = set()
        for name, entry in self.entries.items():
            inner = name.removeprefix(self.prefix)
            if torch_names.is_pickle(inner):
                referenced |= self._pickle(entry, inner)
                if inner == "bytecode.pkl":
                    self._compiled(entry)
            elif inner.startswith("code/") and inner.endswith(".py"):
                self._script(entry)
            elif torch_names.is_native(inner):
                self.native.append(entry)
            elif inner.endswith(".py"):
                self.sources.append(entry)
            elif torch_names.is_graph(inner):
                self._graph(entry)
        self._compare(referenced)

    def _content(self, entry: Entry) -> Source:
        try:
            return self._archive.open(entry)
        except FormatError as error:
            self.note(FormatError(f"{entry.name!r}: {error.what}", offset=entry.offset))
            return Window(self._archive.source, 0, 0)

    def _text(self, entry: Entry) -> str:
        source = self._content(entry)
        if source.size > _TEXT_HELD:
            self.note(FormatError(f"{entry.name!r} is too long to be read", offset=entry.offset))
        return source.read(0, min(source.size, _TEXT_HELD)).decode(errors="replace")

    def _pickle(self, entry: Entry, inner: str) -> set[str]:
        """The entries that a pickle refers to; what it does otherwise is judged as a member of the zip."""
        source = self._content(entry)
        view = run(source, 0, self._budget, streams=1)
        folder = self.prefix + torch_names.folder_of(inner)
        found: set[str] = set()
        for persistent in view.persistent:
            storage = storage_of(persistent)
            if storage is not None:
                self.storages.setdefault(folder + storage.key, storage)
                found.add(folder + storage.key)
        if inner == "data.pkl":
            made = [parameter for call in view.calls if (parameter := parameter_of(call)) is not None]
            self._parameters(source, folder, made)
        return found

    def _parameters(self, source: Source, folder: str, found: list[Parameter]) -> None:
        before = 0
        for parameter in found:
            entry = folder + parameter.storage.key
            self.parameters.append((entry, parameter))
            self.names.append(_name(source, before, parameter.storage.offset) or entry)
            before = parameter.offset
            storage = self.storages[entry]
            if storage.dtype == "uint8":  # an untyped storage is what the first tensor made of it says
                self.storages[entry] = Storage(storage.key, parameter.dtype, storage.size, storage.offset)

    def _script(self, entry: Entry) -> None:
        text = self._text(entry)
        self.scripts.extend(Script(entry.name, use, entry.offset) for use in torchscript.uses(text))

    def _compiled(self, entry: Entry) -> None:
        source = self._content(entry)
        if source.size > _TEXT_HELD:
            self.note(FormatError(f"{entry.name!r} is too long to be read", offset=entry.offset))
        data = source.read(0, min(source.size, _TEXT_HELD))
        self.scripts.extend(Script(entry.name, use, entry.offset) for use in torchscript.compiled_uses(data))

    def _graph(self, entry: Entry) -> None:
        text = self._text(entry)
        self.expressions.extend((entry.name, found) for found in torch_export.strange_expressions(text))
        self.operators.extend((entry.name, found) for found in torch_export.operators(text))

    def _compare(self, referenced: set[str]) -> None:
        """The pickles' references against the entries that are there."""
        for name, storage in self.storages.items():
            entry = self.entries.get(name)
            if entry is None or entry.size != storage.size:
                there, offset = (None, None) if entry is None else (entry.size, entry.offset)
                self.mismatches.append(Mismatch(name, storage.size, there, offset))
        if self.variant in (Variant.STATE, Variant.SCRIPT):
            for name, entry in self.entries.items():
                if name not in referenced and not torch_names.belongs(name.removeprefix(self.prefix)):
                    self.unreferenced.append(entry)


def read(source: Source, budget: Budget, name: str) -> Torch:
    """Read what PyTorch would; see :class:`assay.formats.signature.Reader`."""
    archive = zips.read(source, budget, name)
    names = [entry.name for entry in archive.entries if not entry.is_folder]
    for variant, marks in _MARKS:
        prefix = next((found for mark in marks for found in _prefixes(names, mark)), None)
        if prefix is not None:
            view = Torch(archive, budget, variant, prefix)
            try:
                view.read_all()
            except FormatError as error:
                view.note(error)
            return view
    raise NotThisFormat("it is a zip, but none of PyTorch's", offset=0)


#: What marks each variant, the most particular first.
_MARKS: Final = (
    (Variant.ARCHIVE, ("MAR-INF/MANIFEST.json",)),
    (Variant.EXPORT, ("serialized_exported_program.json", "archive_format")),
    (Variant.PACKAGE, (".data/extern_modules",)),
    (Variant.SCRIPT, ("constants.pkl", "bytecode.pkl")),
    (Variant.STATE, ("data.pkl",)),
)


def _prefixes(names: list[str], mark: str) -> Iterator[str]:
    """The folders in which a mark lies: the top, or one below it."""
    for name in names:
        if name == mark or (name.endswith("/" + mark) and name.count("/") <= mark.count("/") + 1):
            yield name[: -len(mark)]


def _name(source: Source, begin: int, end: int) -> str:
    """The text that was pushed before a tensor is made: its key, in a state dict. Only for people to read."""
    begin = max(begin, end - 4096)
    piece = source.read(begin, end - begin)
    for found in _NAME.finditer(piece):
        length = int.from_bytes(found[1], "little") if found[1] else found[2][0]
        text = piece[found.end() : found.end() + length]
        if len(text) == length and text != b"storage" and text.isascii() and text.decode().isprintable():
            return text.decode()
    return ""
