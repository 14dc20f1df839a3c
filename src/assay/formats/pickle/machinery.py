"""The opcodes that are rare in large pickles: what they take and leave, and where either unpickler would stop."""

# A compiler makes a jump table of comparisons; a tuple it would search.
# ruff: noqa: PLR1714

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assay.core.errors import FormatError
from assay.formats import compiled
from assay.formats.budget import Budget
from assay.formats.pickle import constants
from assay.formats.pickle import opcodes as op
from assay.formats.pickle.cells import CONSTANT, DICT, FROZENSET, HEADER, LIST, OBJECT, PLAIN, SET, TUPLE, fill
from assay.formats.pickle.names import python3
from assay.formats.pickle.record import Inspect, OnBuild, Record
from assay.formats.pickle.values import Call, Global, Items, Value
from assay.formats.source import Source

if TYPE_CHECKING:
    from mypy_extensions import i64

compiled.define(globals())

#: Bytes of a line that are kept: names, numbers and texts of protocol 0.
LINE_KEPT: Final = 64 << 10
#: First and second bytes of what is worth a look: an archive, a program, something compressed; all that in base64, and
#: as Latin-1 that was written as UTF-8.
_PAIRS: Final = frozenset(
    pair[0] << 8 | pair[1]
    for pair in (
        b"\xc2\x80", b"\xc2\x93", b"\xc3\xbd", b"\xc3\x8f", b"\xc3\x8e", b"PK", b"gA", b"UE", b"80", b"\x1f\x8b",
        b"\x1f\xc2", b"x\xc2", b"\x7fE", b"\x93N", b"\xfd7", b"BZ", b"MZ", b"7z", b"H4", b"eJ", b"eN", b"eA", b"f0",
        b"TV", b"Ql", b"\xcf\xfa", b"\xce\xfa", b"N3", b"/T",
    )
)  # fmt: skip
#: What a pickle of protocol 0 starts with when it fetches something.
_TEXTS: Final = b"ci(}SIV"


class Machinery(Record):
    """The machine without its loop."""

    def __init__(
        self, source: Source, budget: Budget, on_build: OnBuild | None = None, inspect: Inspect | None = None
    ) -> None:
        super().__init__(source, budget, on_build, inspect)
        #: The line that was read last, or its first :data:`LINE_KEPT` bytes, and the offset behind it.
        self.line = b""
        self.line_end: i64 = 0
        #: The highest protocol named so far.
        self.highest: i64 = 0

    # Arguments.

    def signed(self, start: i64) -> i64:
        """A signed number in four bytes, the lowest first."""
        found = self.number(start, 4)
        return found - (1 << 32) if found >= 1 << 31 else found

    def skip(self, start: i64, length: i64, offset: i64) -> i64:
        """The offset behind a string.

        :raises FormatError: it is longer than what is left
        """
        if length < 0 or length > self.size - start:
            raise FormatError("a string is longer than what is left", offset=offset)
        return start + length

    def read_line(self, start: i64) -> None:
        """Read to the next line feed, into ``line`` and ``line_end``.

        :raises FormatError: nothing is left
        """
        first = start - self.base
        if 0 <= first < self.limit:
            end: i64 = self.data.find(b"\n", first)
            if first <= end < self.limit:
                self.line = self.data[first : min(end, first + LINE_KEPT)]
                self.line_end = self.base + end + 1
                return
        self.line = b""
        position = start
        while position < self.size:
            self.budget.check_time(position)
            data = self.source.read(position, 1 << 16)
            end = data.find(b"\n")
            if len(self.line) < LINE_KEPT:
                self.line += data if end < 0 else data[:end]
            if end >= 0:
                self.line = self.line[:LINE_KEPT]
                self.line_end = position + end + 1
                return
            position += len(data)
        if start >= self.size:
            raise FormatError("it ends in the middle of an opcode", offset=self.size)
        # The C unpickler stops here; the one written in Python takes the line for whole, without its last byte.
        self.line = self.line[:-1]
        self.line_end = self.size

    # The step.

    def step(self, code: i64, offset: i64) -> i64:  # noqa: PLR0912, PLR0915 - one branch for each opcode
        """Run an opcode; returns the offset of the next.

        :raises FormatError: neither unpickler would go on
        """
        self.tick(offset)
        after = offset + 1
        if code == op.REDUCE:
            arguments = self.pop(offset)
            target = self.pop(offset)
            self.check_iterable(arguments, offset)
            self.check_callable(target, offset)
            self.push(self.call("REDUCE", target, arguments, -1, offset), offset)
        elif code == op.BUILD:
            return self.build(offset)
        elif code == op.NEWOBJ or code == op.NEWOBJ_EX:
            keywords: i64 = -1
            if code == op.NEWOBJ_EX:
                keywords = self.pop(offset)
                self.check_mapping(keywords, offset)
            arguments = self.pop(offset)
            target = self.pop(offset)
            self.check_iterable(arguments, offset)
            self.check_callable(target, offset)
            name = "NEWOBJ" if code == op.NEWOBJ else "NEWOBJ_EX"
            self.push(self.call(name, target, arguments, keywords, offset), offset)
        elif code == op.GLOBAL or code == op.INST:
            return self.named_global(code, offset)
        elif code == op.STACK_GLOBAL:
            self.stack_global(offset)
        elif code == op.MEMOIZE:
            self.memoize(self.peek(offset), offset)
        elif code == op.BINPUT:
            self.put(self.number(after, 1), self.peek(offset), offset)
            after += 1
        elif code == op.LONG_BINPUT:
            self.put(self.number(after, 4), self.peek(offset), offset)
            after += 4
        elif code == op.PUT:
            self.read_line(after)
            self.put(self.index(offset), self.peek(offset), offset)
            after = self.line_end
        elif code == op.GET:
            self.read_line(after)
            self.push(self.recall(self.index(offset), offset), offset)
            after = self.line_end
        elif code == op.BINGET or code == op.LONG_BINGET:
            width: i64 = 1 if code == op.BINGET else 4
            self.push(self.recall(self.number(after, width), offset), offset)
            after += width
        elif code == op.INT or code == op.LONG or code == op.FLOAT or code == op.STRING or code == op.UNICODE:
            self.read_line(after)
            if len(self.line) < LINE_KEPT:
                constants.checked_line(int(code), self.line, int(offset))
            self.push(offset << 4, offset)
            if (code == op.STRING or code == op.UNICODE) and len(self.line) > 12:
                self.suspected(offset, after + (1 if code == op.STRING else 0))
            after = self.line_end
        elif code == op.BINSTRING:
            length = self.signed(after)
            if length < 0:
                raise FormatError("a string of negative length", offset=offset)
            after = self.counted(offset, after + 4, length)
        elif code == op.SHORT_BINSTRING:
            after = self.counted(offset, after + 1, self.number(after, 1))
        elif code == op.BINUNICODE8 or code == op.BINBYTES8 or code == op.BYTEARRAY8:
            after = self.counted(offset, after + 8, self.number(after, 8))
        elif code == op.LONG4:
            length = self.signed(after)
            if length < 0:
                raise FormatError("a number of negative length", offset=offset)
            self.push(offset << 4, offset)
            after = self.skip(after + 4, length, offset)
        elif code == op.PERSID:
            self.read_line(after)
            if not self.line.isascii():
                raise FormatError("a persistent id that is not ASCII", offset=offset)
            # The id is the line itself; an opcode that makes this text does not exist, so it is kept as an object.
            self.push(self.fetch_persistent(self.add_object(self.line.decode("ascii")), offset), offset)
            after = self.line_end
        elif code == op.BINPERSID:
            self.push(self.fetch_persistent(self.pop(offset), offset), offset)
        elif code == op.EXT1 or code == op.EXT2 or code == op.EXT4:
            return self.extension(code, offset)
        elif code == op.PROTO:
            self.proto = self.number(after, 1)
            if self.proto > 5:
                raise FormatError(f"protocol {self.proto} does not exist", offset=offset)
            self.highest = max(self.highest, self.proto)
            after += 1
        elif code == op.FRAME:
            length = self.number(after, 8)
            after += 8
            if offset < self.frame_end or length > self.size - after:
                self.frames_differ = True
            self.frame_end = after + min(length, self.size - after)
        elif code == op.POP:
            self.drop(offset)
        elif code == op.POP_MARK:
            self.pop_mark(offset)
        elif code == op.DUP:
            self.push(self.peek(offset), offset)
        elif code == op.NEXT_BUFFER:
            self.push(offset << 4, offset)
        elif code == op.READONLY_BUFFER:
            self.peek(offset)
        else:
            self.gather(code, offset)
        return after

    def index(self, offset: i64) -> i64:
        """The memo entry that the last line names."""
        try:
            found = int(self.line.partition(b"\0")[0])
        except ValueError:
            raise FormatError("the number of a memo entry is malformed", offset=offset) from None
        if not 0 <= found < 1 << 62:
            raise FormatError("the number of a memo entry is out of range", offset=offset)
        return found

    def counted(self, offset: i64, start: i64, length: i64) -> i64:
        """Push a string with its length before it; the offset behind it."""
        after = self.skip(start, length, offset)
        self.push(offset << 4, offset)
        if length >= 12:
            self.suspected(offset, start)
        return after

    def drop(self, offset: i64) -> None:
        """POP: the value on top, or the mark when there is none above it."""
        if self.sp > self.fence:
            self.sp -= 1
        else:
            self.pop_mark(offset)

    # Containers and what only looks like one.

    def gather(self, code: i64, offset: i64) -> None:
        """The opcodes that put several values into one."""
        if code == op.TUPLE1 or code == op.TUPLE2 or code == op.TUPLE3 or code == op.STOP:
            raise FormatError("the stack is empty", offset=offset)
        if code == op.TUPLE or code == op.LIST or code == op.DICT or code == op.FROZENSET:
            stop = self.sp
            first = self.pop_mark(offset)
            if code == op.DICT and (stop - first) & 1:
                raise FormatError("a dict of an odd number of keys and values", offset=offset)
            self.make_room_below(stop, offset)
            kind: i64 = (
                TUPLE if code == op.TUPLE else LIST if code == op.LIST else DICT if code == op.DICT else FROZENSET
            )
            token = self.new_container(kind, offset)
            self.top = fill(self.cells, self.top, token >> 4, self.stack, first, stop)
            self.expansion = max(self.expansion, self.cells[(token >> 4) + 4])
            self.push(token, offset)
        elif code == op.OBJ:
            stop = self.sp
            first = self.pop_mark(offset)
            if stop == first:
                raise FormatError("OBJ without a class", offset=offset)
            target = self.stack[first]
            self.check_callable(target, offset)
            self.push(self.call("OBJ", target, self.tuple_of(first + 1, stop, offset), -1, offset), offset)
        elif code == op.APPEND or code == op.SETITEM:
            count: i64 = 1 if code == op.APPEND else 2
            if self.sp - self.fence <= count:
                raise FormatError("the stack is empty", offset=offset)
            self.extend(code, self.sp - count - 1, self.sp - count, self.sp, offset)
            self.sp -= count
        elif code == op.APPENDS or code == op.SETITEMS or code == op.ADDITEMS:
            stop = self.sp
            first = self.pop_mark(offset)
            self.peek(offset)
            if code == op.SETITEMS and (stop - first) & 1:
                raise FormatError("SETITEMS with an odd number of keys and values", offset=offset)
            if stop > first:
                self.extend(code, self.sp - 1, first, stop, offset)
        else:
            raise FormatError(f"0x{code:02x} is no opcode", offset=offset)

    def new_container(self, kind: i64, offset: i64) -> i64:
        """The token of an empty container; there must be room."""
        cells = self.cells
        head = self.top
        cells[head] = kind
        cells[head + 1] = 0
        cells[head + 2] = offset
        cells[head + 3] = 0
        cells[head + 4] = 1
        self.top = head + HEADER
        return (head << 4) | PLAIN

    def make_room_below(self, stop: i64, offset: i64) -> None:
        """Make room, with all that lies on the stack below ``stop`` still wanted."""
        top = self.sp
        self.sp = stop
        self.make_room(offset)
        self.sp = top

    def tuple_of(self, first: i64, stop: i64, offset: i64) -> i64:
        """The token of a tuple of values that lie on the stack, or just above it."""
        self.make_room_below(stop, offset)
        token = self.new_container(TUPLE, offset)
        self.top = fill(self.cells, self.top, token >> 4, self.stack, first, stop)
        return token

    def kind_of(self, token: i64) -> i64:
        """The kind of a plain container, known or forgotten; 0 for anything else."""
        tag = token & 15
        if tag == PLAIN:
            return self.cells[token >> 4] & 255
        return tag if TUPLE <= tag <= FROZENSET else 0

    def constant_kind(self, token: i64) -> str:
        """The type of a constant."""
        return constants.kind(int(self.byte(token >> 4)))

    def extend(self, code: i64, place: i64, first: i64, stop: i64, offset: i64) -> None:
        """Put the values on the stack from ``first`` to ``stop`` into the one at ``place``."""
        target = self.stack[place]
        kind = self.kind_of(target)
        if target & 15 == CONSTANT:
            if code == op.ADDITEMS or self.byte(target >> 4) != op.BYTEARRAY8:
                raise FormatError(f"{_name(code)} on a constant", offset=offset)
            return
        if kind == 0:
            self.call_items(_name(code), target, first, stop, offset)
            return
        if code == op.SETITEM or code == op.SETITEMS:
            if kind == LIST:
                self.set_items(target, first, stop, offset)
                return
            fits = kind == DICT
        elif code == op.ADDITEMS:
            fits = kind == SET
        else:
            fits = kind == LIST
        if not fits:
            raise FormatError(f"{_name(code)} on a container of another kind", offset=offset)
        if target & 15 == PLAIN:
            self.make_room_below(stop, offset)
            head = self.stack[place] >> 4
            if self.stack[place] & 15 == PLAIN:
                self.top = fill(self.cells, self.top, head, self.stack, first, stop)
                self.expansion = max(self.expansion, self.cells[head + 4])

    def set_items(self, target: i64, first: i64, stop: i64, offset: i64) -> None:
        """Items of a list that are replaced, by their index."""
        index = first
        while index < stop:
            token = self.stack[index]
            place = self.value(token) if token & 15 == CONSTANT else None
            if token & 15 == CONSTANT and not isinstance(place, int):
                raise FormatError("an item of a list is set by something that is no index", offset=offset)
            if target & 15 == PLAIN:
                self.replace(target >> 4, place, self.stack[index + 1])
            index += 2

    def replace(self, head: i64, place: Value, token: i64) -> None:
        """Replace an item of a list; when it is not known which, every item may be it."""
        cells = self.cells
        kept = (cells[head] >> 8) & 255
        first = cells[head + 3]
        index: i64 = 0
        if isinstance(place, int) and -(1 << 40) < place < 1 << 40:
            index = place
            if index < 0:
                index += cells[head + 1]
            if 0 <= index < kept:
                cells[first + index] = token
            return
        while index < kept:
            cells[first + index] = token
            index += 1

    # Names, calls and states.

    def named_global(self, code: i64, offset: i64) -> i64:
        """GLOBAL and INST: module and name in two lines."""
        self.read_line(offset + 1)
        module = self.line
        if self.line_end < self.size:
            self.read_line(self.line_end)
        else:
            self.line = b""
        name = self.line
        after = self.line_end
        try:
            encoding = "ascii" if code == op.INST else "utf-8"
            fetched = self.find(module.decode(encoding), name.decode(encoding), offset)
        except UnicodeDecodeError:
            raise FormatError("a name that is no text", offset=offset) from None
        if code == op.GLOBAL:
            self.push(fetched, offset)
            return after
        stop = self.sp
        first = self.pop_mark(offset)
        arguments = self.tuple_of(first, stop, offset)
        self.push(self.call("INST", fetched, arguments, -1, offset), offset)
        return after

    def find(self, module: str, name: str, offset: i64) -> i64:
        """Fetch something by its name, as ``find_class`` would."""
        if self.proto < 3:
            mapped = python3(module, name)
            if mapped != (module, name):
                return self.fetch(mapped[0], mapped[1], offset, (module, name))
        return self.fetch(module, name, offset, None)

    def stack_global(self, offset: i64) -> None:
        """STACK_GLOBAL: module and name from the stack."""
        name_token = self.pop(offset)
        module_token = self.pop(offset)
        name = self.name_part(name_token, offset)
        module = self.name_part(module_token, offset)
        if isinstance(module, str) and isinstance(name, str):
            self.push(self.find(module, name, offset), offset)
            return
        found = Global(
            module if isinstance(module, str) else "",
            name if isinstance(name, str) else "",
            int(offset),
            computed=(module, name),
        )
        self.push(self.fetch_unnamed(found, offset), offset)

    def name_part(self, token: i64, offset: i64) -> Value:
        """A module or a name: text, or something that may give text.

        :raises FormatError: it is certainly no text
        """
        tag = token & 15
        if tag == OBJECT:
            return self.value(token)
        if tag != CONSTANT or self.constant_kind(token) != "str":
            raise FormatError("STACK_GLOBAL requires text", offset=offset)
        return constants.decode(self.read, int(token >> 4))

    def extension(self, code: i64, offset: i64) -> i64:
        """EXT1, EXT2 and EXT4: a number in the registry of the program that loads."""
        width: i64 = 1 if code == op.EXT1 else 2 if code == op.EXT2 else 4
        number = self.signed(offset + 1) if width == 4 else self.number(offset + 1, width)
        if number <= 0:
            raise FormatError("an extension code that is not positive", offset=offset)
        key = ("", f"extension {number}")
        known = self.named.get(key)
        if known is None:
            known = int(self.fetch_unnamed(Global("", "", int(offset), extension=int(number)), offset) >> 4)
            self.named[key] = known
        self.push((i64(known) << 4) | OBJECT, offset)
        return offset + 1 + width

    def build(self, offset: i64) -> i64:
        """BUILD: give the value below its state; the offset of the next opcode."""
        state = self.pop(offset)
        target = self.peek(offset)
        if target & 15 != OBJECT:
            if not self.says_nothing(state):
                raise FormatError("BUILD on a constant or a plain container", offset=offset)
            return offset + 1
        self.call("BUILD", target, state, -1, offset)
        if self.on_build is not None:
            call = Call("BUILD", self.value(target), (self.value(state),), None, int(offset))
            going_on = self.on_build(call, int(offset) + 1)
            if going_on is not None:
                if not offset < going_on <= self.size:
                    raise FormatError("what follows in the file is longer than what is left", offset=offset)
                return going_on
        return offset + 1

    def says_nothing(self, state: i64) -> bool:
        """Whether a state may be false: the unpickler written in Python then leaves the value alone."""
        if state & 15 == CONSTANT:
            found = constants.decode(self.read, int(state >> 4))
            return not (found.length if isinstance(found, Items) else found)
        if state & 15 != PLAIN:
            return state & 15 == OBJECT
        head = state >> 4
        first = self.cells[head + 3]
        length = self.cells[head + 1]
        if length == 2 and self.cells[head] & 255 == TUPLE:
            return self.says_nothing(self.cells[first]) and self.says_nothing(self.cells[first + 1])
        return length == 0

    def check_callable(self, token: i64, offset: i64) -> None:
        """Refuse to call a constant or a container."""
        if token & 15 != OBJECT:
            raise FormatError("something that is no callable is called", offset=offset)

    def check_iterable(self, token: i64, offset: i64) -> None:
        """Refuse arguments that cannot be gone through."""
        if token & 15 == CONSTANT and self.constant_kind(token) in ("int", "float", "bool", "None"):
            raise FormatError("the arguments of a call are no tuple", offset=offset)

    def check_mapping(self, token: i64, offset: i64) -> None:
        """Refuse keywords that are no mapping."""
        if token & 15 != OBJECT and self.kind_of(token) != DICT:
            raise FormatError("the keywords of a call are no dict", offset=offset)

    # Strings and ends.

    def suspected(self, offset: i64, start: i64) -> None:
        """Look into a string that starts as something to inspect on its own would.

        :param start: where its first byte is; there are at least twelve
        """
        if self.inspect is None or start + 12 > self.size:
            return
        first = self.byte(start)
        second = self.byte(start + 1)
        if first == 0x80:
            wanted = second <= 5
        elif first == 0x78 and (0x7800 + second) % 31 == 0:
            wanted = True
        elif first == 0x5D:
            wanted = second == 0 or b"\n" in self.read(int(start), 256)
        else:
            wanted = int(first << 8 | second) in _PAIRS or (first in _TEXTS and b"\n" in self.read(int(start), 256))
        if wanted:
            self.tick(offset)
            self.inspect(int(offset))

    def finish(self, token: i64, offset: i64) -> None:
        """Remember what a pickle gives."""
        if offset + 1 < self.frame_end:
            self.frames_differ = True
        if len(self.results) < 16:
            self.results.append(self.value(token))


def _name(code: i64) -> str:
    if code == op.APPEND:
        return "APPEND"
    if code == op.APPENDS:
        return "APPENDS"
    if code == op.SETITEM:
        return "SETITEM"
    return "SETITEMS" if code == op.SETITEMS else "ADDITEMS"
