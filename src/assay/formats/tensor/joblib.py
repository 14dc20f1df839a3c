"""joblib: a pickle that is interrupted by raw arrays, and what its versions before 0.10 wrote.

Behind the BUILD of a ``NumpyArrayWrapper`` joblib's unpickler reads the array itself: some padding and its bytes, or a
pickle of its own when it holds objects. A plain unpickler takes the same bytes for opcodes, so both are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.archive.decoders import Deflate
from assay.formats.archive.expand import expand
from assay.formats.budget import Budget
from assay.formats.pickle.stream import run
from assay.formats.pickle.values import Call, Global, Items, Result, Value
from assay.formats.pickle.view import Overlaid, Pickle
from assay.formats.source import Source, Window
from assay.formats.tensor.elements import count_of
from assay.formats.tensor.npy import Element, element_of
from assay.formats.view import Fact, Member, NotThisFormat, Tensor, View

#: The class whose BUILD an array follows.
WRAPPER: Final = "NumpyArrayWrapper"
#: The classes of older files, whose arrays lie in files beside them.
OUTSIDE: Final = frozenset({"NDArrayWrapper", "ZNDArrayWrapper"})
_MODULES: Final = ("joblib.", "sklearn.externals.joblib.", "sklearn.utils._joblib.")
_DTYPES: Final = frozenset({"numpy.dtype", "numpy.core.multiarray.dtype"})
#: Where a dtype's state says whether its elements hold objects.
_FLAGS: Final = 7
ZFILE: Final = b"ZF"
#: The prefix and the length in hexadecimal digits, padded with blanks.
_ZFILE_HEADER: Final = 2 + 19


class Joblib(Pickle):
    """What joblib, or a plain unpickler, would do with the bytes."""

    kind: ClassVar[str] = Pickle.kind

    def __init__(self, plain: Pickle) -> None:
        super().__init__()
        self.plain = plain
        self.arrays: list[Tensor] = []
        """The raw arrays inside."""
        self.objects: list[Member] = []
        """Pickles of arrays that hold objects."""

    def members(self) -> Iterator[Member]:
        """See :class:`View`."""
        yield from super().members()
        yield from self.objects

    def tensors(self) -> Iterator[Tensor]:
        """See :class:`View`."""
        return iter(self.arrays)

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`."""
        return [*super().facts(), *(Fact("file", name, offset) for name, offset in self.outside)]


def is_joblib(view: Pickle) -> bool:
    """Whether joblib would read raw arrays between the opcodes of this pickle, or in files beside it."""
    return any(_is_wrapper(name, WRAPPER, *OUTSIDE) for name in view.imports)


def continued(source: Source, budget: Budget, plain: Pickle) -> Joblib:
    """What joblib makes of the bytes, with what only a plain unpickler would do.

    :param plain: the bytes read as plain pickles, which end where the first array begins
    """
    view = Joblib(plain)
    whole = run(source, 0, budget, on_build=_Arrays(source, budget, view))
    arrays, objects, outside, overlaid = view.arrays, view.objects, view.outside, view.overlaid
    vars(view).update(vars(whole))
    view.arrays, view.objects, view.outside, view.overlaid, view.plain = arrays, objects, outside, overlaid, plain
    names, calls = (
        {(name.dotted, name.offset) for name in whole.imports},
        {(call.op, call.offset) for call in whole.calls},
    )
    view.imports = [*whole.imports, *(name for name in plain.imports if (name.dotted, name.offset) not in names)]
    view.calls = [*whole.calls, *(call for call in plain.calls if (call.op, call.offset) not in calls)]
    for call in view.calls:
        if (
            call.op == "BUILD"
            and _makes(call.target, *OUTSIDE)
            and isinstance(name := _state(call).get("filename"), str)
        ):
            view.outside.append((name, call.offset))
    return view


class _Arrays:
    """Answers where the pickle goes on behind an array."""

    def __init__(self, source: Source, budget: Budget, view: Joblib) -> None:
        self._source = source
        self._budget = budget
        self._view = view
        self._dtypes: dict[int, tuple[Value, ...]] = {}

    def __call__(self, call: Call, end: int) -> int | None:
        if isinstance(call.target, Result) and _is_dtype(call.target.call) and call.args:
            parts = call.args[0]
            self._dtypes[call.target.call.offset] = parts.items if isinstance(parts, Items) else ()
        if not _makes(call.target, WRAPPER):
            return None
        self._budget.spend_members(offset=end)
        state = _state(call)
        shape, element = _shape(state.get("shape")), self._element(state.get("dtype"))
        if shape is None or element is None:
            raise FormatError("an array follows whose type or shape is not known", offset=end)
        name = f"array at {end}"
        if element.objects:
            inner = run(self._source, end, self._budget, streams=1)
            stop = inner.stops[0] if inner.stops else self._source.size
            window = Window(self._source, end, stop - end)
            if not inner.broken:
                names = frozenset(each.name.rpartition(".")[2] for each in inner.imports)
                self._view.overlaid.append(Overlaid(end, stop, names))
            self._view.objects.append(Member(name, window, end, ("pickle",)))
            return stop
        begin = end
        if isinstance(state.get("numpy_array_alignment_bytes"), int):
            begin += 1 + int.from_bytes(self._source.read(end, 1), "little")
        length = element.size * count_of(shape)
        if begin + length > self._source.size:
            raise FormatError(f"an array of {length:,} bytes follows, more than there are", offset=begin)
        window = Window(self._source, begin, length)
        self._view.arrays.append(Tensor(name, element.name, shape, window, begin, element.big_endian))
        return begin + length

    def _element(self, value: Value) -> Element | None:
        """The element type that a pickled ``numpy.dtype`` and the state that was set on it describe."""
        if not isinstance(value, Result) or not _is_dtype(value.call) or not value.call.args:
            return None
        code, state = value.call.args[0], self._dtypes.get(value.call.offset, ())
        if not isinstance(code, str):
            return None
        try:
            found = element_of(code)
        except FormatError:
            return None
        flags = state[_FLAGS] if len(state) > _FLAGS else 0
        objects = found.objects or (isinstance(flags, int) and flags & 1 == 1)
        return Element(found.name, found.size, objects, len(state) > 1 and state[1] == ">")


class ZFile(View):
    """A file of joblib before 0.10: a length, and a pickle compressed by zlib."""

    kind: ClassVar[str] = "joblib-zfile"

    def __init__(self, source: Source, budget: Budget) -> None:
        super().__init__()
        self._source = source
        self._budget = budget

    def members(self) -> Iterator[Member]:
        """What it holds: a pickle, or the bytes of an array whose pickle is another file."""
        # Python 2 wrote one blank more.
        start = _ZFILE_HEADER + (self._source.read(_ZFILE_HEADER, 1) == b" ")
        found = expand(self._source, start, self._source.size - start, lambda: Deflate(15), self._budget)
        if found.error is not None:
            self.note(found.error)
        if found.size:
            yield Member("content", found.source, start)


def read(source: Source, budget: Budget, name: str) -> ZFile:  # noqa: ARG001 - every reader is called alike
    """Read a file of joblib before 0.10; see :class:`assay.formats.signature.Reader`."""
    head = source.read(0, _ZFILE_HEADER)
    try:
        int(head[2:].strip().decode(), 16)
    except ValueError:
        raise NotThisFormat("there is no length in hexadecimal digits", offset=2) from None
    if not head.startswith(ZFILE):
        raise NotThisFormat("it does not start as joblib's", offset=0)
    return ZFile(source, budget)


def _is_wrapper(name: Value, *classes: str) -> bool:
    return isinstance(name, Global) and name.name in classes and name.module.startswith(_MODULES)


def _makes(value: Value, *classes: str) -> bool:
    """Whether the value is an instance of one of joblib's classes, however it was made."""
    if not isinstance(value, Result):
        return False
    made_of = (value.call.target, *value.call.args)
    return any(_is_wrapper(part, *classes) for part in made_of)


def _state(call: Call) -> dict[str, Value]:
    """The attributes that a BUILD sets."""
    found: dict[str, Value] = {}
    for argument in call.args:
        parts = argument.items if isinstance(argument, Items) and argument.kind == "tuple" else (argument,)
        for part in parts:
            if isinstance(part, Items) and part.kind == "dict":
                pairs = zip(part.items[::2], part.items[1::2], strict=False)
                found.update({key: value for key, value in pairs if isinstance(key, str)})
    return found


def _shape(value: Value) -> tuple[int, ...] | None:
    if not isinstance(value, Items) or value.length != len(value.items):
        return None
    sizes = tuple(size for size in value.items if isinstance(size, int) and size >= 0)
    return sizes if len(sizes) == len(value.items) else None


def _is_dtype(call: Call) -> bool:
    return isinstance(call.target, Global) and call.target.dotted in _DTYPES
