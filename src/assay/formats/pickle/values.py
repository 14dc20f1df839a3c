"""What a pickle would make, as far as it is known without making it.

A value is a Python constant (``None``, ``bool``, ``int``, ``float``, ``str``, ``bytes``) or one of the classes below.
Long constants are cut, long containers keep their first items; ``length`` says how many there were.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: Items that a container keeps, and bytes or characters that a constant keeps.
ITEMS_KEPT: Final = 64
TEXT_KEPT: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Global:
    """Something fetched by name, as ``find_class(module, name)`` would; ``name`` may be dotted.

    :param module: as Python 3 imports it: Python 2's names are mapped where the unpickler maps them. Empty when it is
        not known (``extension``, ``computed``)
    :param name: as ``module``
    :param extension: the code it stood for in ``copyreg``'s extension registry, whose names are not in the file
    :param raw: module and name as the file writes them, when they were mapped
    :param computed: what module and name come from, when one of them is no constant: put together by calls
    """

    module: str
    name: str
    offset: int
    extension: int | None = None
    raw: tuple[str, str] | None = None
    computed: tuple[Value, Value] | None = None

    @property
    def dotted(self) -> str:
        """``module.name``."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a call gives back. Two of them are equal only when they are one, since chains of calls may be long."""

    call: Call = field(repr=False)


@dataclass(frozen=True, slots=True)
class Items:
    """A container that was filled with values.

    :param kind: ``tuple``, ``list``, ``set``, ``frozenset`` or ``dict`` (whose items are keys and values in turn)
    :param items: the first of them
    :param length: how many there were; for a dict, keys and values together
    """

    kind: str
    items: tuple[Value, ...]
    length: int
    offset: int


@dataclass(frozen=True, slots=True)
class Persistent:
    """What the loader's ``persistent_load(pid)`` gives."""

    pid: Value
    offset: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that is no longer known: it was dropped to keep memory bounded, or nothing says what it is.

    :param kind: what is still known of it: ``list``, ``dict``, ``str``, ``result`` …
    """

    kind: str
    offset: int


Value = None | bool | int | float | str | bytes | Global | Result | Items | Persistent | Opaque


@dataclass(frozen=True, slots=True)
class Call:
    """Something that runs while the pickle is loaded.

    :param op: the opcode that makes it run: ``REDUCE``, ``NEWOBJ``, ``NEWOBJ_EX``, ``OBJ``, ``INST``, ``BUILD`` (its
        argument is the state), or, on what is no plain container, ``APPEND``, ``APPENDS``, ``SETITEM``, ``SETITEMS``,
        ``ADDITEMS`` (the arguments are the items)
    :param target: what is called, or filled
    :param args: positional arguments, or one :class:`Opaque` when they are no longer known
    :param keywords: of ``NEWOBJ_EX``; else ``None``
    :param offset: of the opcode
    :param count: how often it happened, when calls that say no more were counted instead of kept
    """

    op: str
    target: Value
    args: tuple[Value, ...]
    keywords: Value
    offset: int
    count: int = 1
