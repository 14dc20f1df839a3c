"""A walk over R's serialised items. Nothing is built; only what could run is remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.tree.r_input import Input
from assay.formats.tree.r_types import (
    ALONE,
    ALTERNATIVE,
    ATTRIBUTED_CALL,
    ATTRIBUTED_LIST,
    BUILTIN,
    BYTECODE,
    BYTECODE_DEFINITION,
    BYTECODE_REFERENCE,
    CALL,
    CHARACTERS,
    CLOSURE,
    COMPLEX,
    DOTS,
    ENVIRONMENT,
    EXPRESSIONS,
    HAS_ATTRIBUTES,
    HAS_TAG,
    INTEGER,
    KEPT,
    LIST,
    LOGICAL,
    MAX_WAITING,
    NAMES,
    NAMESPACE,
    OBJECT,
    PACKAGE,
    PERSISTENT,
    POINTER,
    PROMISE,
    RAW,
    REAL,
    REFERENCE,
    SPECIAL,
    STRINGS,
    SYMBOL,
    TEXTS_KEPT,
    UNBOUND,
    VECTOR,
    WEAK,
    Scope,
)

Task = Callable[[], None]


class Machine:
    """Reads items one after the other. What remains to be read waits on a stack, so depth costs no recursion."""

    def __init__(self, stream: Input, budget: Budget) -> None:
        self.promises: list[Scope] = []
        self.functions: list[Scope] = []
        self.loose: list[tuple[str, int]] = []
        self.packages: set[str] = set()
        self.bindings: list[tuple[str, str]] = []
        self.pointers = 0
        self.top = ""
        self._stream = stream
        self._budget = budget
        self._references: list[str] = []
        self._waiting: list[Task] = []
        self._steps = 0
        self._qualified = 0
        """Symbols that follow and belong to a ``package::name``."""
        self._symbol = ""
        """The name of the symbol that was read last, for what comes right after it."""

    def run(self) -> None:
        """Read one item with all that belongs to it.

        :raises FormatError: it is broken or too deep
        """
        self._push(lambda: self._item(None, "", top=True))
        while self._waiting:
            self._steps += 1
            if self._steps % 4096 == 0:
                self._budget.check_time(self._stream.position)
            self._waiting.pop()()

    def _push(self, *tasks: Task) -> None:
        if len(self._waiting) + len(tasks) > MAX_WAITING:
            raise FormatError(f"LIMIT depth ({MAX_WAITING:,})", offset=self._stream.position)
        self._waiting.extend(reversed(tasks))

    def _item(self, scope: Scope | None, where: str, *, top: bool = False, called: bool = False) -> None:
        offset = self._stream.position
        flags = self._stream.integer()
        if flags < 0 or (flags > 0x0FFF_FFFF and flags & 0xFF != REFERENCE):
            raise FormatError("an item has no known type", offset=offset)
        self._of_type(flags, offset, scope, where, top=top, called=called)

    def _of_type(
        self, flags: int, offset: int, scope: Scope | None, where: str, *, top: bool = False, called: bool = False
    ) -> None:
        kind = flags & 0xFF
        if top and not self.top:
            self.top = NAMES.get(kind, str(kind))
        attributes = bool(flags & HAS_ATTRIBUTES)
        if kind in ALONE:
            return
        if kind in {LIST, CALL, CLOSURE, PROMISE, DOTS}:
            self._pair(kind, attributes, bool(flags & HAS_TAG), offset, scope, where, top=top)
            return
        if kind in {SYMBOL, REFERENCE}:
            self._name(kind, flags, offset, scope, called=called)
            return
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise FormatError(f"an item of unknown type {kind}", offset=offset)
        if attributes and kind not in {CHARACTERS, SPECIAL, BUILTIN, ENVIRONMENT, ALTERNATIVE}:
            self._push(lambda: self._item(scope, where))
        elif attributes and kind == CHARACTERS:
            self._push(lambda: self._item(None, where))
        handler(self, scope, where, offset)

    def _pair(
        self, kind: int, attributes: bool, tag: bool, offset: int, scope: Scope | None, where: str, *, top: bool
    ) -> None:
        inner, place = scope, where
        if kind in {CLOSURE, PROMISE}:
            inner = Scope("function" if kind == CLOSURE else "promise", offset, where)
            kept = self.functions if kind == CLOSURE else self.promises
            if len(kept) < KEPT:
                kept.append(inner)
            elif scope is not None:
                inner = scope
            place = where or ("closure" if kind == CLOSURE else "")
        tasks: list[Task] = []
        if attributes:
            tasks.append(lambda: self._item(None, where))
        if tag:
            # A closure's environment and a promise's are data of their own, not their code.
            environment = kind in {CLOSURE, PROMISE}
            tasks.append(lambda: self._item(None if environment else scope, place if environment else where))
        if kind == LIST and top:
            tasks.append(self._bind)
            tasks.append(lambda: self._item(scope, where, top=True))
            self._push(*tasks)
            return
        if kind == PROMISE and inner is not None and inner is not scope:
            tasks.append(lambda: self._promised(inner, place))
        else:
            tasks.append(lambda: self._item(inner, place, called=kind == CALL))
        tasks.append(lambda: self._item(inner, place))
        self._push(*tasks)

    def _promised(self, promise: Scope, where: str) -> None:
        """A promise's value: missing, or already worked out so that its expression will not run."""
        offset = self._stream.position
        flags = self._stream.integer()
        promise.forced = flags & 0xFF not in {UNBOUND, CALL, BYTECODE, PROMISE, ATTRIBUTED_CALL}
        self._of_type(flags, offset, promise, where)

    def _bind(self) -> None:
        name = self._symbol
        offset = self._stream.position
        flags = self._stream.integer()
        if len(self.bindings) < KEPT:
            self.bindings.append((name, NAMES.get(flags & 0xFF, str(flags & 0xFF))))
        self._of_type(flags, offset, None, "")

    def _name(self, kind: int, flags: int, offset: int, scope: Scope | None, *, called: bool) -> None:
        if kind == REFERENCE:
            index = flags >> 8 or self._stream.integer()
            if not 0 < index <= len(self._references):
                raise FormatError("a reference points nowhere", offset=offset)
            self._symbol = self._references[index - 1]
        else:
            self._symbol = self._characters()
            self._remember(self._symbol)
        if self._qualified > 0:
            self._qualified -= 1
            called = True
        if not called:
            return
        if self._symbol in {"::", ":::"}:
            self._qualified = 2
        elif scope is None:
            if len(self.loose) < KEPT:
                self.loose.append((self._symbol, offset))
        elif len(scope.calls) < KEPT:
            scope.calls.append(self._symbol)

    def _characters(self) -> str:
        flags = self._stream.integer()
        if flags & 0xFF != CHARACTERS:
            raise FormatError("a text is missing", offset=self._stream.position)
        return self._stream.text(self._stream.integer())

    def _remember(self, name: str) -> None:
        self._budget.check_held(len(self._references) * 64)
        self._references.append(name)

    def _length(self) -> int:
        offset = self._stream.position
        length = self._stream.integer()
        if length == -1:
            upper, lower = self._stream.integer(), self._stream.integer()
            length = (upper << 32) + (lower & 0xFFFF_FFFF)
        if length < 0:
            raise FormatError("a vector has a negative length", offset=offset)
        return length

    # One function for each type of item; the table below names them.

    def _numbers(self, _scope: Scope | None, _where: str, _offset: int) -> None:
        self._stream.skip_integers(self._length())

    def _reals(self, _scope: Scope | None, _where: str, _offset: int) -> None:
        self._stream.skip_reals(self._length())

    def _complex(self, _scope: Scope | None, _where: str, _offset: int) -> None:
        self._stream.skip_reals(self._length() * 2)

    def _raw(self, _scope: Scope | None, _where: str, _offset: int) -> None:
        self._stream.skip_raw(self._length())

    def _text(self, _scope: Scope | None, _where: str, _offset: int) -> None:
        self._stream.text(self._stream.integer())

    def _builtin(self, scope: Scope | None, _where: str, offset: int) -> None:
        name = self._stream.text(self._length())
        if scope is not None and len(scope.calls) < KEPT:
            scope.calls.append(name)
        elif len(self.loose) < KEPT:
            self.loose.append((name, offset))

    def _strings(self, scope: Scope | None, _where: str, offset: int) -> None:
        length = self._length()
        if not self._stream.room(length):
            raise FormatError("more texts than the file can hold", offset=offset)
        for number in range(length):
            text = self._characters()
            if scope is not None and text and len(scope.texts) < TEXTS_KEPT:
                scope.texts.append(text)
            if number % 4096 == 0:
                self._budget.check_time(self._stream.position)

    def _vector(self, scope: Scope | None, where: str, offset: int) -> None:
        length = self._length()
        if not self._stream.room(length):
            raise FormatError("more items than the file can hold", offset=offset)
        self._repeat(length, lambda: self._item(scope, where))

    def _repeat(self, count: int, task: Task) -> None:
        def again() -> None:
            self._repeat(count - 1, task)

        if count > 0:
            self._push(task, again)

    def _environment(self, _scope: Scope | None, where: str, _offset: int) -> None:
        self._stream.integer()
        self._remember("")
        place = where or "environment"
        # Enclosure, frame, hash table, attributes.
        self._push(*(lambda: self._item(None, place) for _ in range(4)))

    def _pointer(self, scope: Scope | None, where: str, _offset: int) -> None:
        self._remember("")
        self.pointers += 1
        self._push(lambda: self._item(scope, where), lambda: self._item(scope, where))

    def _weak(self, _scope: Scope | None, _where: str, _offset: int) -> None:
        self._remember("")

    def _namespace(self, _scope: Scope | None, _where: str, offset: int) -> None:
        if self._stream.integer() != 0:
            raise FormatError("a package's name is broken", offset=offset)
        count = self._length()
        if not self._stream.room(count):
            raise FormatError("a package's name is broken", offset=offset)
        parts = [self._characters() for _ in range(min(count, 16))]
        for _ in range(count - len(parts)):
            self._characters()
        if parts and len(self.packages) < KEPT:
            self.packages.add(parts[0])
        self._remember(parts[0] if parts else "")

    def _object(self, _scope: Scope | None, _where: str, _offset: int) -> None:
        return

    def _alternative(self, scope: Scope | None, where: str, _offset: int) -> None:
        self._push(*(lambda: self._item(scope, where) for _ in range(3)))

    def _bytecode(self, scope: Scope | None, where: str, _offset: int) -> None:
        self._stream.integer()
        self._push(lambda: self._code(scope, where))

    def _code(self, scope: Scope | None, where: str) -> None:
        self._push(lambda: self._item(None, where), lambda: self._constants(scope, where))

    def _constants(self, scope: Scope | None, where: str) -> None:
        count = self._stream.integer()
        if not self._stream.room(count):
            raise FormatError("more constants than the file can hold", offset=self._stream.position)
        self._repeat(count, lambda: self._constant(scope, where))

    def _constant(self, scope: Scope | None, where: str) -> None:
        kind = self._stream.integer()
        if kind == BYTECODE:
            self._push(lambda: self._code(scope, where))
        elif kind in _EXPRESSIONS:
            self._expression(kind, scope, where)
        else:
            # A symbol among the constants is what the code calls or reads.
            self._push(lambda: self._item(scope, where, called=True))

    def _expression(self, kind: int, scope: Scope | None, where: str, *, called: bool = False) -> None:
        if kind == BYTECODE_REFERENCE:
            self._stream.integer()
            return
        if kind not in _EXPRESSIONS:
            self._push(lambda: self._item(scope, where, called=called))
            return
        if kind == BYTECODE_DEFINITION:
            self._stream.integer()
            kind = self._stream.integer()
        tasks: list[Task] = []
        if kind in {ATTRIBUTED_LIST, ATTRIBUTED_CALL}:
            tasks.append(lambda: self._item(None, where))
        is_call = kind in {CALL, ATTRIBUTED_CALL}
        tasks.append(lambda: self._item(None, where))
        tasks.append(lambda: self._expression(self._stream.integer(), scope, where, called=is_call))
        tasks.append(lambda: self._expression(self._stream.integer(), scope, where))
        self._push(*tasks)


_EXPRESSIONS: Final = frozenset(
    {CALL, LIST, BYTECODE_DEFINITION, BYTECODE_REFERENCE, ATTRIBUTED_CALL, ATTRIBUTED_LIST}
)  # fmt: skip
_HANDLERS: Final[dict[int, Callable[[Machine, Scope | None, str, int], None]]] = {
    CHARACTERS: Machine._text,
    SPECIAL: Machine._builtin, BUILTIN: Machine._builtin,
    LOGICAL: Machine._numbers, INTEGER: Machine._numbers, REAL: Machine._reals, COMPLEX: Machine._complex,
    STRINGS: Machine._strings, VECTOR: Machine._vector, EXPRESSIONS: Machine._vector, RAW: Machine._raw,
    ENVIRONMENT: Machine._environment, POINTER: Machine._pointer, WEAK: Machine._weak,
    PERSISTENT: Machine._namespace, PACKAGE: Machine._namespace, NAMESPACE: Machine._namespace,
    OBJECT: Machine._object, ALTERNATIVE: Machine._alternative, BYTECODE: Machine._bytecode,
}  # fmt: skip
