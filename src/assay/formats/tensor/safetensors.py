"""Safetensors: eight bytes that say how long the JSON header is, the header, and the numbers."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, NoReturn

from assay.core.errors import FormatError
from assay.formats.budget import Budget, LimitReached
from assay.formats.source import Memory, Source, Window
from assay.formats.tensor.coverage import Coverage, Span, cover
from assay.formats.tensor.elements import MAX_AXES, bytes_of
from assay.formats.view import Contrived, Fact, Member, NotThisFormat, Tensor, View, outline

DTYPES: Final[dict[str, str]] = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32", "I32": "int32",
    "U64": "uint64", "I64": "int64", "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64",
    "C64": "complex64", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz", "F4": "float4_e2m1fn",
    "F6_E2M3": "float6_e2m3fn", "F6_E3M2": "float6_e3m2fn",
}  # fmt: skip
#: The reference implementation reads no longer header.
MAX_HEADER: Final = 100_000_000
#: Only what is text of this alphabet, and long enough to hold anything, can be hidden bytes in base 64.
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}\s*\Z")
_BASE64_HELD: Final = 16 << 20
#: No credential is shorter.
_WORTH_READING: Final = 20
#: What hidden bytes begin with when they are worth a look: pickle, zip, gzip, ELF, PE.
_HEADS: Final = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"MZ")

_Json = dict[str, "_Json"] | list["_Json"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor as the header declares it.

    :param dtype: the header's own word
    :param begin: first byte, counted from the start of the file
    :param end: one past the last
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def expected(self) -> int | None:
        """Bytes that type and shape ask for; ``None`` when the type is unknown or they make no whole number."""
        return bytes_of(DTYPES.get(self.dtype, ""), self.shape)


class Safetensors(View):
    """A file of tensors and what its header says of them. Offsets count from the start of the file."""

    kind: ClassVar[str] = "safetensors"

    def __init__(self, source: Source, budget: Budget) -> None:
        super().__init__()
        self._source = source
        self._budget = budget
        self.header_size: int = 0
        """Bytes that the header claims."""
        self.padding: int = 0
        """Blanks after the header's JSON."""
        self.data_start: int = 0
        self.entries: list[Entry] = []
        """In the order in which they lie in the file."""
        self.duplicates: list[str] = []
        """Keys that stand twice in one object, each as often as it is repeated."""
        self.malformed: list[tuple[str, str]] = []
        """Entries that are no tensor's description: the name, and what is wrong with it."""
        self.metadata: dict[str, str] = {}
        self.metadata_other: list[str] = []
        """Keys of the metadata whose values are no strings."""
        self.coverage = Coverage()
        """What no tensor covers, and what more than one claims."""

    @property
    def out_of_range(self) -> list[Entry]:
        """Tensors that reach beyond the end of the file, or before the data."""
        return [entry for entry in self.entries if entry.end > self._source.size or entry.begin < self.data_start]

    @property
    def header_truncated(self) -> bool:
        """Whether the header claims to be longer than the file."""
        return self.header_size > self._source.size - 8

    def members(self) -> Iterator[Member]:
        """What lies between and behind the tensors, what the metadata carries in base 64, and its texts."""
        yield from self.coverage.members(self._source)
        for key, value in self.metadata.items():
            if (hidden := _hidden_bytes(value)) is not None:
                yield Member(f"__metadata__/{key}", Memory(hidden), 8)
            elif len(value) >= _WORTH_READING:
                text = value.encode("utf-8", "surrogatepass")
                yield Member(f"__metadata__/{key}", Memory(text), 8, ("text",))

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`; what reaches beyond the file ends with it."""
        for entry in self.entries:
            begin, end = max(entry.begin, self.data_start), min(entry.end, self._source.size)
            if begin <= end:
                dtype = DTYPES.get(entry.dtype, entry.dtype)
                yield Tensor(entry.name, dtype, entry.shape, Window(self._source, begin, end - begin), begin)

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`: which tensors it has."""
        return outline((entry.name, DTYPES.get(entry.dtype, entry.dtype), entry.shape) for entry in self.entries)

    def parse(self, header: bytes) -> None:
        """Fill the view from the header's bytes.

        :raises FormatError: it is no JSON object
        """
        self.padding = len(header) - len(header.rstrip(b" \t\r\n\x00"))
        root = self._json(header.rstrip(b"\x00"))
        if not isinstance(root, dict):
            raise FormatError("the header is no JSON object", offset=8)
        for name, value in root.items():
            self._budget.spend_members(offset=8)
            if name == "__metadata__":
                self._read_metadata(value)
            elif (entry := self._entry(name, value)) is not None:
                self.entries.append(entry)
        self.entries.sort(key=lambda entry: (entry.begin, entry.end, entry.name))
        spans = [Span(entry.begin, entry.end, entry.name) for entry in self.entries]
        self.coverage = cover(spans, self._source, self._budget, start=self.data_start)

    def _json(self, header: bytes) -> _Json:
        def pairs(found: list[tuple[str, _Json]]) -> dict[str, _Json]:
            made = dict(found)
            if len(made) != len(found):
                seen: set[str] = set()
                for key, _ in found:
                    if key in seen:
                        self.duplicates.append(key)
                    seen.add(key)
            return made

        # What these many brackets and commas would make in memory is known before anything is made.
        most = self._budget.limits.members
        if header.count(b"{") > most or header.count(b",") > 16 * most:
            raise LimitReached("members", most, offset=8)
        try:
            value: _Json = json.loads(header.decode(), object_pairs_hook=pairs, parse_constant=_refuse)
        except RecursionError as error:
            raise Contrived("the header is nested too deeply", offset=8) from error
        except ValueError as error:
            raise FormatError(f"the header is no JSON: {error}", offset=8) from error
        return value

    def _read_metadata(self, value: _Json) -> None:
        if not isinstance(value, dict):
            self.malformed.append(("__metadata__", "is no object"))
            return
        for key, text in value.items():
            if isinstance(text, str):
                self.metadata[key] = text
            else:
                self.metadata_other.append(key)

    def _entry(self, name: str, value: _Json) -> Entry | None:
        if not isinstance(value, dict):
            self.malformed.append((name, "is no object"))
            return None
        dtype, shape, offsets = value.get("dtype"), value.get("shape"), value.get("data_offsets")
        if not isinstance(dtype, str):
            self.malformed.append((name, "has no dtype"))
        elif (sizes := _whole_numbers(shape)) is None or len(sizes) > MAX_AXES:
            self.malformed.append((name, "has no shape of whole numbers"))
        elif (ends := _whole_numbers(offsets)) is None or len(ends) != 2 or ends[0] > ends[1]:
            self.malformed.append((name, "has no data_offsets of two whole numbers in order"))
        else:
            if unknown := sorted(set(value) - {"dtype", "shape", "data_offsets"}):
                self.malformed.append((name, f"has the unknown key {unknown[0]!r}"))
            return Entry(name, dtype, sizes, self.data_start + ends[0], self.data_start + ends[1])
        return None


def read(source: Source, budget: Budget, name: str) -> Safetensors:
    """Read the header and measure what it declares; see :class:`assay.formats.signature.Reader`."""
    start = source.read(0, 9)
    if len(start) < 9 or start[8:] not in (b"{", b" ", b"\t", b"\n", b"\r"):
        raise NotThisFormat("there is no JSON header after the first eight bytes", offset=8)
    view = Safetensors(source, budget)
    view.header_size = int.from_bytes(start[:8], "little")
    view.data_start = 8 + view.header_size
    if view.header_truncated:
        if b'"data_offsets"' not in source.read(8, 4096) and not name.lower().endswith(".safetensors"):
            raise NotThisFormat("the header would be longer than the file", offset=0)
        broken = Contrived if view.header_size > MAX_HEADER else FormatError
        view.note(broken(f"the header claims {view.header_size:,} bytes, more than there are", offset=0))
    elif view.header_size > MAX_HEADER:
        view.note(FormatError(f"the header of {view.header_size:,} bytes is longer than any reader takes", offset=0))
    else:
        try:
            budget.check_held(view.header_size, offset=8)
            view.parse(source.read(8, view.header_size))
        except FormatError as error:
            if not name.lower().endswith(".safetensors") and b'"data_offsets"' not in source.read(8, 4096):
                raise NotThisFormat(error.what, offset=error.offset) from error
            view.note(error)
    return view


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _whole_numbers(value: _Json) -> tuple[int, ...] | None:
    if not isinstance(value, list):
        return None
    found = [item for item in value if isinstance(item, int) and not isinstance(item, bool) and item >= 0]
    return tuple(found) if len(found) == len(value) else None


def _hidden_bytes(text: str) -> bytes | None:
    """What a text in base 64 stands for, when it begins as something to inspect."""
    if len(text) > _BASE64_HELD or not _BASE64.match(text):
        return None
    try:
        found = base64.b64decode(
            text.strip().rstrip("=") + "==", altchars=b"-_" if "-" in text or "_" in text else None
        )
    except (ValueError, binascii.Error):
        return None
    return found if found.startswith(_HEADS) else None
