"""What a pickle machine writes down: the names that are fetched, and what is called with which arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from assay.formats import compiled
from assay.formats.budget import Budget, LimitReached
from assay.formats.pickle import constants
from assay.formats.pickle.cells import CONSTANT, DICT, FROZENSET, LIST, OBJECT, PLAIN, SET, TUPLE
from assay.formats.pickle.state import State
from assay.formats.pickle.values import TEXT_KEPT, Call, Global, Items, Opaque, Persistent, Result, Value
from assay.formats.source import Source

if TYPE_CHECKING:
    from mypy_extensions import i64

compiled.define(globals())

#: Names of containers by their tags.
KINDS: Final[dict[int, str]] = {TUPLE: "tuple", LIST: "list", DICT: "dict", SET: "set", FROZENSET: "frozenset"}
#: How deep containers in the arguments of one call are followed, and how many values are looked at.
DEPTH: Final = 12
VALUES: Final = 2048
#: Values and bytes that all calls together keep; what is over is opaque, or cut short.
VALUES_IN_ALL: Final = 2_000_000
TEXT_IN_ALL: Final = 64 << 20
TEXT_AFTERWARDS: Final = 256
#: Calls that are kept one by one; of inert callables with nothing but constants, calls of one kind.
CALLS: Final = 200_000
ALIKE: Final = 16
#: Names and persistent objects that are kept one by one.
NAMES: Final = 100_000
#: Characters that a name keeps; no module or class has a longer one.
NAME_KEPT: Final = 512
PERSISTENT: Final = 100_000

#: Asked after every BUILD with the call and the offset behind it; where the pickle goes on, when not there.
OnBuild = Callable[[Call, int], "int | None"]
#: Told the offset of an opcode whose string may hold something to inspect on its own.
Inspect = Callable[[int], None]


class Record(State):
    """State, and what was seen so far."""

    def __init__(
        self, source: Source, budget: Budget, on_build: OnBuild | None = None, inspect: Inspect | None = None
    ) -> None:
        super().__init__(source, budget)
        self.on_build = on_build
        self.inspect = inspect
        self.objects: list[Value] = []
        self.imports: list[Global] = []
        self.calls: list[Call] = []
        self.persistent: list[Persistent] = []
        #: How often the call of the same index happened beyond the first time.
        self.repeats: dict[int, int] = {}
        self.named: dict[tuple[str, str], int] = {}
        self.inert_objects: set[int] = set()
        self.alike: dict[tuple[str, int], int] = {}
        self.last_alike: dict[tuple[str, int], int] = {}
        self.overflow: dict[tuple[str, int], int] = {}
        self.results: list[Value] = []
        self.keep_containers = True
        """Whether a container that a pickle gives is kept among the results with its items."""
        self.calls_kept = CALLS
        self.values_left = VALUES_IN_ALL
        self.text_left = TEXT_IN_ALL

    def done(self) -> tuple[int, int]:
        """How much was seen that makes the bytes a pickle."""
        return len(self.imports), len(self.calls)

    # What tokens stand for.

    def value(self, token: i64) -> Value:
        """The value a token stands for, as far as it is followed."""
        left = [VALUES]
        return self.follow(token, 0, left)

    def follow(self, token: i64, depth: int, left: list[int]) -> Value:
        """The value a token stands for, from within a container ``depth`` deep."""
        tag = token & 15
        place = int(token >> 4)
        if tag == OBJECT:
            return self.objects[place]
        if tag == CONSTANT:
            return self.constant(place)
        if tag != PLAIN:
            return Opaque(KINDS.get(int(tag), "object"), place)
        cells = self.cells
        head = token >> 4
        meta = cells[head]
        kind = KINDS[int(meta & 255)]
        offset = int(cells[head + 2])
        kept = (meta >> 8) & 255
        if depth >= DEPTH or left[0] <= 0 or self.values_left <= 0:
            return Opaque(kind, offset)
        left[0] -= int(kept) + 1
        self.values_left -= int(kept) + 1
        first = cells[head + 3]
        items: list[Value] = []
        index: i64 = 0
        while index < kept:
            items.append(self.follow(cells[first + index], depth + 1, left))
            index += 1
        return Items(kind, tuple(items), int(cells[head + 1]), offset)

    def constant(self, offset: int) -> Value:
        """The constant made at an offset."""
        kept = TEXT_KEPT if self.text_left > 0 else TEXT_AFTERWARDS
        found = constants.decode(self.read, offset, kept)
        if isinstance(found, (str, bytes)):
            self.text_left -= len(found)
        return found

    def positional(self, token: i64, offset: i64) -> tuple[Value, ...]:
        """The positional arguments in a token: those of a plain container one by one."""
        found = self.value(token)
        if isinstance(found, Items):
            return found.items[::2] if found.kind == "dict" else found.items
        return (found if isinstance(found, Opaque) else Opaque("arguments", int(offset)),)

    def row(self, start: i64, stop: i64) -> tuple[Value, ...]:
        """The values on the stack from ``start`` to ``stop``, as many as a container keeps."""
        left = [VALUES]
        found: list[Value] = []
        index = start
        while index < min(stop, start + 64):
            found.append(self.follow(self.stack[index], 1, left))
            index += 1
        return tuple(found)

    # Names.

    def add_object(self, value: Value) -> i64:
        """The token of a new object."""
        self.objects.append(value)
        return ((len(self.objects) - 1) << 4) | OBJECT

    def fetch(self, module: str, name: str, offset: i64, raw: tuple[str, str] | None) -> i64:
        """The token of something fetched by its name."""
        module, name = module[:NAME_KEPT], name[:NAME_KEPT]
        key = (module, name) if raw is None else (f"{raw[0]}\n{module}", f"{raw[1]}\n{name}")
        known = self.named.get(key)
        if known is not None:
            return (known << 4) | OBJECT
        found = Global(module, name, int(offset), raw=raw)
        if len(self.imports) >= NAMES:
            self.refuse("names", NAMES, offset)
        self.imports.append(found)
        token = self.add_object(found)
        self.named[key] = int(token >> 4)
        if raw is None and found.dotted in self.budget.inert:
            self.inert_objects.add(int(token >> 4))
        return token

    def fetch_unnamed(self, found: Global, offset: i64) -> i64:
        """The token of something fetched by a name that is not in the file."""
        if len(self.imports) >= NAMES:
            self.refuse("names", NAMES, offset)
        self.imports.append(found)
        return self.add_object(found)

    def refuse(self, limit: str, value: int, offset: i64) -> None:
        """Stop here.

        :raises LimitReached: always
        """
        raise LimitReached(limit, value, offset=int(offset))

    def fetch_persistent(self, pid: i64, offset: i64) -> i64:
        """The token of what the loader gives for a persistent id."""
        if len(self.persistent) >= PERSISTENT:
            return self.add_shared("persistent", offset)
        found = Persistent(self.value(pid), int(offset))
        self.persistent.append(found)
        return self.add_object(found)

    def add_shared(self, kind: str, offset: i64) -> i64:
        """The token of one more object of a kind of which enough were kept."""
        key = ("", kind)
        known = self.named.get(key)
        if known is None:
            known = int(self.add_object(Opaque(kind, int(offset))) >> 4)
            self.named[key] = known
        return (known << 4) | OBJECT

    # Calls.

    def harmless(self, token: i64, depth: int) -> bool:
        """Whether a value is a constant, something inert or the result of a counted call, or a container of these."""
        tag = token & 15
        if tag == CONSTANT:
            return True
        if tag == OBJECT:
            return int(token >> 4) in self.inert_objects
        if tag != PLAIN or depth > 3:
            return False
        cells = self.cells
        head = token >> 4
        kept = (cells[head] >> 8) & 255
        if cells[head + 1] > kept:
            return False
        first = cells[head + 3]
        index: i64 = 0
        while index < kept:
            if not self.harmless(cells[first + index], depth + 1):
                return False
            index += 1
        return True

    def call(self, code: str, target: i64, arguments: i64, keywords: i64, offset: i64) -> i64:
        """Write down that ``target`` is called with the items of ``arguments``; the token of the result.

        :param arguments: for ``BUILD``, the state itself
        :param keywords: a negative number when there are none
        """
        inert = (
            target & 15 == OBJECT
            and int(target >> 4) in self.inert_objects
            and self.harmless(arguments, 0)
            and (keywords < 0 or self.harmless(keywords, 0))
        )
        key = (code, int(target >> 4) if target & 15 == OBJECT else -1)
        if inert:
            seen = self.alike.get(key, 0) + 1
            self.alike[key] = seen
            if seen > ALIKE:
                return self.repeat(self.last_alike[key])
        elif len(self.calls) >= self.calls_kept:
            return self.call_dropped(code, target, key, offset)
        args = (self.value(arguments),) if code == "BUILD" else self.positional(arguments, offset)
        named = None if keywords < 0 else self.value(keywords)
        found = Call(code, self.value(target), args, named, int(offset))
        token = self.keep(found)
        if inert:
            self.inert_objects.add(int(token >> 4))
            self.last_alike[key] = int(token >> 4)
        return token

    def call_items(self, code: str, target: i64, start: i64, stop: i64, offset: i64) -> None:
        """Write down that the values on the stack from ``start`` to ``stop`` are put into ``target``."""
        if len(self.calls) >= self.calls_kept:
            self.call_dropped(code, target, (code, int(target >> 4) if target & 15 == OBJECT else -1), offset)
            return
        self.keep(Call(code, self.value(target), self.row(start, stop), None, int(offset)))

    def keep(self, call: Call) -> i64:
        """Keep a call; the token of its result."""
        self.calls.append(call)
        token = self.add_object(Result(call))
        self.repeats[int(token >> 4)] = len(self.calls) - 1
        return token

    def repeat(self, place: int) -> i64:
        """Count a call like one that was kept."""
        index = self.repeats[place]
        call = self.calls[index]
        object.__setattr__(call, "count", call.count + 1)
        return (i64(place) << 4) | OBJECT

    def call_dropped(self, code: str, target: i64, key: tuple[str, int], offset: i64) -> i64:
        """Count a call whose arguments are no longer kept; the first of a target stands for all."""
        place = self.overflow.get(key)
        if place is not None and key[1] >= 0:
            return self.repeat(place)
        if len(self.calls) > 2 * self.calls_kept:
            self.refuse("calls", 2 * self.calls_kept, offset)
        token = self.keep(Call(code, self.value(target), (Opaque("arguments", int(offset)),), None, int(offset)))
        self.overflow[key] = int(token >> 4)
        return token
