"""What a pickle machine has in hand: a window on the bytes, stack, memo and containers; all of it bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assay.core.errors import FormatError
from assay.formats import compiled
from assay.formats.budget import Budget, LimitReached
from assay.formats.pickle.cells import REACH, UNSET, Collector, longer, rows
from assay.formats.source import Source

if TYPE_CHECKING:
    from librt.vecs import vec
    from mypy_extensions import i64

compiled.define(globals())

#: Bytes looked at in one go.
BLOCK: Final = 1 << 20
#: The loop looks this far ahead without asking; no opcode is longer, its string aside.
MARGIN: Final = 16
#: Values on the stack at most: a tuple of as many items, for instance.
STACK: Final = 32 << 20
#: Cells after which containers that nobody wants any more are dropped, and of which as many as half may remain.
CELLS: Final = 1 << 20
#: The first so many memo entries keep what their containers hold; of later ones only kind and place are remembered.
EXACT: Final = 32 << 10
#: Unset memo entries between two set ones that are worth a row of their own.
GAP: Final = 4096
#: Frames over whose end an opcode reaches that are remembered.
CROSSED: Final = 16
#: The longest that the machine goes without looking at the clock.
STEPS: Final = 1 << 14


class State:
    """The machine's memory."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self.source = source
        self.budget = budget
        self.size: i64 = source.size
        self.data = b""
        self.base: i64 = 0
        #: How far the loop may go in ``data``: to its end or that of a frame, and to its end alone.
        self.limit: i64 = 0
        self.block_limit: i64 = 0
        self.stack: vec[i64] = rows(32)
        self.sp: i64 = 0
        self.fence: i64 = 0
        self.memo: vec[i64] = rows(32)
        self.memo_high: i64 = 0
        self.memo_holes: i64 = 0
        self.memo_far: dict[int, int] = {}
        self.memo_regular = True
        self.memo_settled: i64 = EXACT
        self.cells: vec[i64] = rows(2 * REACH)
        self.spare: vec[i64] = rows(1)
        self.top: i64 = 0
        self.expansion: i64 = 0
        self.steps: i64 = 0
        self.clock: i64 = 0
        self.proto: i64 = 0
        self.frame_start: i64 = 0
        self.frame_end: i64 = 0
        self.frames_differ = False
        #: Whether frames are looked at, and those over whose end an opcode reached: first byte, and behind the last.
        self.watch_frames = True
        self.crossed: list[tuple[int, int]] = []

    def begin(self, start: i64, carry: bool = False) -> None:
        """Start the next pickle as a new unpickler would; with ``carry`` as the same one, which keeps its memo."""
        self.sp = 0
        self.fence = 0
        self.proto = 0
        self.leave_frame()
        if not carry:
            self.forget_memo()
            self.top = 0
        if not self.base <= start < self.base + self.block_limit:
            self.refill(start)

    def forget_memo(self) -> None:
        """An empty memo."""
        if self.memo_high > 4 * EXACT:
            self.memo = rows(32)
        self.memo_high = 0
        self.memo_holes = 0
        self.memo_far = {}
        self.memo_regular = True
        self.memo_settled = EXACT

    def refill(self, position: i64) -> None:
        """Look at the bytes from ``position`` on, or leave the frame that ends there.

        :raises FormatError: there are none
        """
        if 0 < self.frame_end <= position:
            if position > self.frame_end and self.frame_end < self.size:
                self.cross_frame()
            self.leave_frame()
            if position < self.base + self.block_limit:
                return
        if position >= self.size:
            if position > self.size:
                raise FormatError("it ends in the middle of an opcode", offset=self.size)
            raise FormatError("it ends without STOP", offset=self.size)
        self.check(position)
        data = self.source.read(position, BLOCK)
        found: i64 = len(data)
        if position + found < self.size or found > 4 * MARGIN:
            self.block_limit = found - MARGIN
        else:
            data += bytes(MARGIN)
            self.block_limit = found
        self.data = data
        self.base = position
        self.limit = self.block_limit
        if self.frame_end > 0:
            self.limit = min(self.limit, self.frame_end - position)

    def enter_frame(self, offset: i64, start: i64, length: i64) -> None:
        """A frame of ``length`` bytes begins at ``start``; its opcode is at ``offset``."""
        end = start + min(length, self.size - start)
        if offset < self.frame_end:
            self.frames_differ = True
            if end <= self.frame_end:
                return
            self.cross_frame()
        self.frame_start = start
        self.frame_end = end
        self.limit = min(self.block_limit, end - self.base)

    def cross_frame(self) -> None:
        """Remember that an opcode reaches over the end of the frame."""
        self.frames_differ = True
        if len(self.crossed) < CROSSED:
            self.crossed.append((int(self.frame_start), int(self.frame_end)))

    def leave_frame(self) -> None:
        """Nothing is within a frame any more."""
        self.frame_end = 0
        self.limit = self.block_limit

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from anywhere in the source; those at hand come without asking it."""
        first: i64 = offset - self.base
        wanted: i64 = min(i64(length), self.size - offset)
        if wanted <= 0:
            return b""
        if first >= 0 and first + wanted <= len(self.data):
            return self.data[first : first + wanted]
        return self.source.read(offset, int(wanted))

    def byte(self, offset: i64) -> i64:
        """One byte of the source, which must be there."""
        first = offset - self.base
        if 0 <= first < len(self.data):
            return self.data[first]
        return self.source.read(offset, 1)[0]

    def number(self, start: i64, width: i64) -> i64:
        """An unsigned number in ``width`` bytes, the lowest first; one that no file can hold is cut to 2**62."""
        if width > self.size - start:
            raise FormatError("it ends in the middle of an opcode", offset=self.size)
        found: i64 = 0
        index = width
        while index > 0:
            index -= 1
            if found >= 1 << 54:
                return 1 << 62
            found = (found << 8) | self.byte(start + index)
        return found

    def check(self, position: i64) -> None:
        """Compare what was spent with the budget.

        :raises LimitReached: too much
        """
        if self.steps > self.budget.limits.opcodes:
            raise LimitReached("opcodes", self.budget.limits.opcodes, offset=position)
        self.budget.check_time(position)

    def tick(self, position: i64) -> None:
        """Called for every step outside the loop: looks at the clock now and then."""
        self.clock += 1
        if self.clock >= STEPS:
            self.clock = 0
            self.check(position)

    def grow_stack(self, position: i64) -> None:
        """Make the stack longer."""
        size: i64 = len(self.stack)
        if size >= STACK:
            raise LimitReached("stack", STACK, offset=position)
        self.check(position)
        self.stack = longer(self.stack, self.sp, size * 2, 0)

    def push(self, token: i64, position: i64) -> None:
        """Put a value on the stack."""
        if self.sp + 2 >= len(self.stack):
            self.grow_stack(position)
        self.stack[self.sp] = token
        self.sp += 1

    def pop(self, position: i64) -> i64:
        """Take a value from the stack."""
        if self.sp <= self.fence:
            raise FormatError("the stack is empty", offset=position)
        self.sp -= 1
        return self.stack[self.sp]

    def peek(self, position: i64) -> i64:
        """The value on top of the stack."""
        if self.sp <= self.fence:
            raise FormatError("the stack is empty", offset=position)
        return self.stack[self.sp - 1]

    def pop_mark(self, position: i64) -> i64:
        """Forget the last mark; returns where the values above it start, which are still there."""
        if self.fence == 0:
            raise FormatError("there is no mark", offset=position)
        first = self.fence
        self.sp = first - 1
        self.fence = self.stack[self.sp] >> 4
        return first

    def put(self, index: i64, token: i64, position: i64) -> None:
        """Set a memo entry."""
        if self.memo_high - self.memo_holes + len(self.memo_far) >= self.budget.limits.memo:
            raise LimitReached("memo", self.budget.limits.memo, offset=position)
        high = self.memo_high
        if index < high:
            if self.memo[index] == UNSET:
                self.memo_holes -= 1
            self.memo[index] = token
            self.memo_settled = min(self.memo_settled, max(index, EXACT))
        elif index > high + GAP or (self.memo_far and index in self.memo_far):
            self.memo_far[index] = token
        else:
            size: i64 = len(self.memo)
            if index >= size:
                while index >= size:
                    size *= 2
                self.memo = longer(self.memo, high, size, 0)
            while high < index:
                if self.memo_far and high in self.memo_far:
                    self.memo[high] = self.memo_far.pop(high)
                else:
                    self.memo[high] = UNSET
                    self.memo_holes += 1
                high += 1
            self.memo[index] = token
            self.memo_high = index + 1
        self.memo_regular = self.memo_holes == 0 and not self.memo_far

    def memoize(self, token: i64, position: i64) -> None:
        """Set the memo entry whose number is how many are set."""
        self.put(self.memo_high - self.memo_holes + len(self.memo_far), token, position)

    def recall(self, index: i64, position: i64) -> i64:
        """A memo entry.

        :raises FormatError: it was never set
        """
        token: i64 = UNSET
        if 0 <= index < self.memo_high:
            token = self.memo[index]
        elif self.memo_far:
            token = self.memo_far.get(index, UNSET)
        if token == UNSET:
            raise FormatError(f"memo entry {index} was never set", offset=position)
        return token

    def make_room(self, position: i64) -> None:
        """Make sure that there are :data:`REACH` free cells."""
        size: i64 = len(self.cells)
        if self.top <= size - REACH:
            return
        if size < CELLS:
            self.cells = longer(self.cells, self.top, min(size * 4, CELLS), 0)
            return
        self.check(position)
        spare = self.spare if len(self.spare) == size else rows(size)
        collector = Collector(self.cells, spare, size // 2 - REACH)
        collector.forward_row(self.stack, 0, self.sp)
        collector.forward_row(self.memo, 0, min(self.memo_high, EXACT))
        collector.finish()
        collector.forget_row(self.memo, self.memo_settled, self.memo_high)
        for index, token in self.memo_far.items():
            self.memo_far[index] = collector.forget(token)
        self.memo_settled = max(self.memo_high, EXACT)
        self.spare = self.cells
        self.cells = collector.cells
        self.top = collector.top
