"""The opcodes that are rare in large pickles: what they take and leave, and where either unpickler would stop."""

# A compiler makes a jump table of comparisons; a tuple it would search.
# ruff: noqa: PLR1714

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.errors import FormatError
from assay.formats import compiled
from assay.formats.pickle import constants
from assay.formats.pickle import opcodes as op
from assay.formats.pickle.arguments import LINE_KEPT
from assay.formats.pickle.cells import CONSTANT, DICT, OBJECT, PLAIN, TUPLE
from assay.formats.pickle.containers import Containers
from assay.formats.pickle.names import python3
from assay.formats.pickle.values import Call, Global, Items, Opaque, Value

if TYPE_CHECKING:
    from mypy_extensions import i64

compiled.define(globals())


class Machinery(Containers):
    """The machine without its loop."""

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
        elif code == op.OBJ:
            self.make_instance(offset)
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
            if self.watch_frames:
                self.enter_frame(offset, after, length)
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

    # Names, calls and states.

    def named_global(self, code: i64, offset: i64) -> i64:
        """GLOBAL and INST: module and name in two lines."""
        if offset + 1 >= self.size:
            raise FormatError("it ends in the middle of an opcode", offset=self.size)
        self.read_line(offset + 1)
        module = self.line
        self.read_line(self.line_end)
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
                self.leave_frame()
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

    def make_instance(self, offset: i64) -> None:
        """OBJ: a class and its arguments above a mark."""
        stop = self.sp
        first = self.pop_mark(offset)
        if stop == first:
            raise FormatError("OBJ without a class", offset=offset)
        target = self.stack[first]
        self.check_callable(target, offset)
        self.push(self.call("OBJ", target, self.tuple_of(first + 1, stop, offset), -1, offset), offset)

    def finish(self, token: i64, offset: i64) -> None:
        """Remember what a pickle gives."""
        if offset + 1 < self.frame_end:
            self.cross_frame()
        if len(self.results) < 16:
            plain = token & 15 == PLAIN and not self.keep_containers
            self.results.append(Opaque("container", int(offset)) if plain else self.value(token))
