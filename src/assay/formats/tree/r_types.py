"""The types of R's serialised items, by number, and what is remembered of those that could run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

SYMBOL, LIST, CLOSURE, ENVIRONMENT, PROMISE, CALL = 1, 2, 3, 4, 5, 6
SPECIAL, BUILTIN, CHARACTERS, LOGICAL, INTEGER, REAL, COMPLEX, STRINGS, DOTS = 7, 8, 9, 10, 13, 14, 15, 16, 17
VECTOR, EXPRESSIONS, BYTECODE, POINTER, WEAK, RAW, OBJECT = 19, 20, 21, 22, 23, 24, 25
ALTERNATIVE, ATTRIBUTED_LIST, ATTRIBUTED_CALL = 238, 239, 240
BYTECODE_REFERENCE, BYTECODE_DEFINITION = 243, 244
PERSISTENT, PACKAGE, NAMESPACE, REFERENCE = 247, 248, 249, 255
#: Items that are nothing but their own number: NULL, the known environments, missing values.
ALONE: Final = frozenset({241, 242, 250, 251, 252, 253, 254})
UNBOUND: Final = 252

NAMES: Final = {
    SYMBOL: "symbol", LIST: "pairlist", CLOSURE: "function", ENVIRONMENT: "environment", PROMISE: "promise",
    CALL: "call", LOGICAL: "logical", INTEGER: "integer", REAL: "double", STRINGS: "character", VECTOR: "list",
    EXPRESSIONS: "expression", BYTECODE: "bytecode", POINTER: "pointer", OBJECT: "object", 254: "NULL",
}  # fmt: skip

HAS_OBJECT, HAS_ATTRIBUTES, HAS_TAG = 0x100, 0x200, 0x400
#: Items that wait for their turn at most: what lies deeper than this is no data of anyone.
MAX_WAITING: Final = 1_000_000
KEPT: Final = 2000
TEXTS_KEPT: Final = 50


@dataclass(slots=True)
class Scope:
    """What could run: a promise or a function, with the names its code calls."""

    kind: str
    offset: int
    inside: str = ""
    forced: bool = False
    calls: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
