"""The hot loop: every opcode of a pickle, run on tokens. What is rare is done by :class:`machinery.Machinery`."""

# A compiler makes a jump table of comparisons; a tuple it would search.
# ruff: noqa: PLR1714, SIM109

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assay.formats import compiled
from assay.formats.pickle.cells import DICT, HEADER, LIST, MARK, MOST, PLAIN, REACH, SET, TUPLE, UNSET, fill
from assay.formats.pickle.machinery import Machinery

if TYPE_CHECKING:
    from mypy_extensions import i64

compiled.define(globals())

#: Opcodes that push a constant and have an argument of fixed size: opcode → bytes in all.
_FIXED: Final = bytes(
    [{0x4B: 2, 0x4D: 3, 0x4A: 5, 0x47: 9, 0x4E: 1, 0x88: 1, 0x89: 1, 0x29: 1}.get(code, 0) for code in range(256)]
)
#: First bytes of strings that might hold something to inspect on its own, and the shortest such string.
_SUSPECT: Final = bytes(
    [code in b"\x80\xc2\xc3/PgU8\x1f\x7f\x93\xfdBM7HefTQ\xcf\xceNx]ci(}SIV\x04\x89" for code in range(256)]
)
_SHORTEST: Final = 12

_MARK: Final = 0x28
_STOP: Final = 0x2E
_BINUNICODE: Final = 0x58
_EMPTY_LIST: Final = 0x5D
_APPEND: Final = 0x61
_APPENDS: Final = 0x65
_BINGET: Final = 0x68
_LONG_BINGET: Final = 0x6A
_BINPUT: Final = 0x71
_LONG_BINPUT: Final = 0x72
_SETITEM: Final = 0x73
_TUPLE: Final = 0x74
_SETITEMS: Final = 0x75
_EMPTY_DICT: Final = 0x7D
_TUPLE1: Final = 0x85
_TUPLE2: Final = 0x86
_TUPLE3: Final = 0x87
_LONG1: Final = 0x8A
_BINBYTES: Final = 0x42
_SHORT_BINBYTES: Final = 0x43
_SHORT_BINUNICODE: Final = 0x8C
_EMPTY_SET: Final = 0x8F
_MEMOIZE: Final = 0x94


def u32(data: bytes, at: i64) -> i64:
    """Four bytes, the lowest first."""
    return i64(data[at]) | (i64(data[at + 1]) << 8) | (i64(data[at + 2]) << 16) | (i64(data[at + 3]) << 24)


class Machine(Machinery):
    """A machine that runs the pickles of one source."""

    def run(self, start: i64, carry: bool = False) -> i64:  # noqa: PLR0912, PLR0915 - one loop, on local variables
        """Run one pickle from ``start``; returns the offset behind its STOP.

        :param carry: go on with the memo of the pickle before, as an unpickler does that is used twice
        :raises FormatError: it breaks, at the error's offset
        """
        self.begin(start, carry)
        fixed = _FIXED
        suspect = _SUSPECT
        data = self.data
        base = self.base
        limit = self.limit
        at: i64 = start - base
        stack = self.stack
        sp: i64 = 0
        fence: i64 = 0
        room: i64 = len(stack) - 2
        memo = self.memo
        memo_high = self.memo_high
        memo_regular = self.memo_regular
        memo_room: i64 = len(memo)
        cells = self.cells
        top = self.top
        cells_room: i64 = len(cells) - REACH
        expansion = self.expansion
        count: i64 = 0
        size: i64 = 0
        token: i64 = 0
        head: i64 = 0
        heavy: i64 = 0
        while True:
            if at >= limit:
                self.steps += count
                count = 0
                at += base
                self.refill(at)
                data = self.data
                base = self.base
                limit = self.limit
                at -= base
                continue
            if sp >= room:
                self.sp = sp
                self.grow_stack(base + at)
                stack = self.stack
                room = len(stack) - 2
            code: i64 = data[at]
            count += 1
            size = fixed[code]
            if size:
                stack[sp] = (base + at) << 4
                sp += 1
                at += size
                continue
            if code == _MEMOIZE:
                if memo_high < memo_room and memo_regular and sp > fence:
                    memo[memo_high] = stack[sp - 1]
                    memo_high += 1
                    at += 1
                    continue
            elif code == _SHORT_BINUNICODE or code == _SHORT_BINBYTES:
                size = data[at + 1]
                stack[sp] = (base + at) << 4
                sp += 1
                if size >= _SHORTEST and suspect[data[at + 2]]:
                    self.suspected(base + at, base + at + 2)
                at += 2 + size
                continue
            elif code == _BINGET:
                token = data[at + 1]
                if token < memo_high:
                    token = memo[token]
                    if token != UNSET:
                        stack[sp] = token
                        sp += 1
                        at += 2
                        continue
            elif code == _MARK:
                stack[sp] = (fence << 4) | MARK
                sp += 1
                fence = sp
                at += 1
                continue
            elif code == _TUPLE2 or code == _TUPLE1 or code == _TUPLE3:
                size = code - 0x84
                if sp - fence >= size:
                    if top > cells_room:
                        self.sp, self.top, self.memo_high = sp, top, memo_high
                        self.make_room(base + at)
                        cells, top, cells_room = self.cells, self.top, len(self.cells) - REACH
                    sp -= size
                    heavy = 1 + size
                    head = top + HEADER
                    token = sp
                    while size > 0:
                        if stack[token] & 15 == PLAIN:
                            heavy += cells[(stack[token] >> 4) + 4] - 1
                        cells[head] = stack[token]
                        token += 1
                        head += 1
                        size -= 1
                    if heavy > expansion:
                        heavy = min(heavy, MOST)
                        expansion = heavy
                    size = code - 0x84
                    cells[top] = TUPLE | (size << 8) | (size << 16)
                    cells[top + 1] = size
                    cells[top + 2] = base + at
                    cells[top + 3] = top + HEADER
                    cells[top + 4] = heavy
                    stack[sp] = (top << 4) | PLAIN
                    sp += 1
                    top = head
                    at += 1
                    continue
            elif code == _EMPTY_DICT or code == _EMPTY_LIST or code == _EMPTY_SET:
                if top > cells_room:
                    self.sp, self.top, self.memo_high = sp, top, memo_high
                    self.make_room(base + at)
                    cells, top, cells_room = self.cells, self.top, len(self.cells) - REACH
                cells[top] = DICT if code == _EMPTY_DICT else LIST if code == _EMPTY_LIST else SET
                cells[top + 1] = 0
                cells[top + 2] = base + at
                cells[top + 3] = 0
                cells[top + 4] = 1
                stack[sp] = (top << 4) | PLAIN
                sp += 1
                top += HEADER
                at += 1
                continue
            elif code == _SETITEMS or code == _APPENDS:
                if fence >= 2 and (code == _APPENDS or (sp - fence) & 1 == 0):
                    token = stack[fence - 2]
                    head = token >> 4
                    if token & 15 == PLAIN and cells[head] & 255 == (DICT if code == _SETITEMS else LIST):
                        if top > cells_room:
                            self.sp, self.top, self.memo_high = sp, top, memo_high
                            self.make_room(base + at)
                            cells, top, cells_room = self.cells, self.top, len(self.cells) - REACH
                            token = stack[fence - 2]
                            head = token >> 4
                        if token & 15 == PLAIN:
                            top = fill(cells, top, head, stack, fence, sp)
                            expansion = max(expansion, cells[head + 4])
                        sp = fence - 1
                        fence = stack[sp] >> 4
                        at += 1
                        continue
            elif code == _BINPUT:
                if memo_regular and i64(data[at + 1]) == memo_high and memo_high < memo_room and sp > fence:
                    memo[memo_high] = stack[sp - 1]
                    memo_high += 1
                    at += 2
                    continue
            elif code == _LONG_BINPUT:
                if memo_regular and memo_high < memo_room and sp > fence and u32(data, at + 1) == memo_high:
                    memo[memo_high] = stack[sp - 1]
                    memo_high += 1
                    at += 5
                    continue
            elif code == _LONG_BINGET:
                token = u32(data, at + 1)
                if token < memo_high:
                    token = memo[token]
                    if token != UNSET:
                        stack[sp] = token
                        sp += 1
                        at += 5
                        continue
            elif code == _BINUNICODE or code == _BINBYTES:
                size = u32(data, at + 1)
                stack[sp] = (base + at) << 4
                sp += 1
                if size >= _SHORTEST and suspect[data[at + 5]]:
                    self.suspected(base + at, base + at + 5)
                at += 5 + size
                continue
            elif code == _APPEND or code == _SETITEM:
                size = 1 if code == _APPEND else 2
                if sp - fence > size:
                    token = stack[sp - size - 1]
                    head = token >> 4
                    if token & 15 == PLAIN and cells[head] & 255 == (LIST if code == _APPEND else DICT):
                        if top > cells_room:
                            self.sp, self.top, self.memo_high = sp, top, memo_high
                            self.make_room(base + at)
                            cells, top, cells_room = self.cells, self.top, len(self.cells) - REACH
                            token = stack[sp - size - 1]
                            head = token >> 4
                        if token & 15 == PLAIN:
                            top = fill(cells, top, head, stack, sp - size, sp)
                            expansion = max(expansion, cells[head + 4])
                        sp -= size
                        at += 1
                        continue
            elif code == _LONG1:
                stack[sp] = (base + at) << 4
                sp += 1
                at += 2 + i64(data[at + 1])
                continue
            elif code == _STOP and sp > fence:
                self.steps += count
                self.sp, self.fence, self.top, self.memo_high = sp, fence, top, memo_high
                self.expansion = expansion
                self.finish(stack[sp - 1], base + at)
                return base + at + 1
            self.steps += count
            count = 0
            self.sp, self.fence, self.top, self.memo_high = sp, fence, top, memo_high
            self.expansion = expansion
            at = self.step(code, base + at) - base
            sp, fence, top, memo_high = self.sp, self.fence, self.top, self.memo_high
            stack, memo, cells = self.stack, self.memo, self.cells
            room, memo_room, cells_room = len(stack) - 2, len(memo), len(cells) - REACH
            memo_regular, expansion, limit = self.memo_regular, self.expansion, self.limit
