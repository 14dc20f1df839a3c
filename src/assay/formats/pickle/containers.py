"""The opcodes that fill containers, and those that find something else in a container's place."""

# A compiler makes a jump table of comparisons; a tuple it would search.
# ruff: noqa: PLR1714

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.errors import FormatError
from assay.formats import compiled
from assay.formats.pickle import constants
from assay.formats.pickle import opcodes as op
from assay.formats.pickle.arguments import Arguments
from assay.formats.pickle.cells import CONSTANT, DICT, FROZENSET, HEADER, LIST, OBJECT, PLAIN, SET, TUPLE, fill
from assay.formats.pickle.values import Value

if TYPE_CHECKING:
    from mypy_extensions import i64

compiled.define(globals())


class Containers(Arguments):
    """Fills containers."""

    def drop(self, offset: i64) -> None:
        """POP: the value on top, or the mark when there is none above it."""
        if self.sp > self.fence:
            self.sp -= 1
        else:
            self.pop_mark(offset)

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
                if stop - first > 1 and self.stack[self.sp - 1] & 15 == OBJECT:
                    # The unpickler written in Python sets the whole pairs before it fails.
                    self.extend(code, self.sp - 1, first, stop - 1, offset)
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


def _name(code: i64) -> str:
    if code == op.APPEND:
        return "APPEND"
    if code == op.APPENDS:
        return "APPENDS"
    if code == op.SETITEM:
        return "SETITEM"
    return "SETITEMS" if code == op.SETITEMS else "ADDITEMS"
