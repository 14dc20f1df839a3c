"""A tiny assembler for pickles, and their judgement by every rule."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from typing import Any

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.pickle import pickle as reader
from assay.formats.pickle.view import Pickle
from assay.formats.source import Memory
from assay.scan.rules import rules_for

PROTO = b"\x80\x04"


class Assembler:
    """Bytes of a pickle, piece by piece; nothing is imported to write a name down."""

    def text(self, value: str) -> bytes:
        """A string."""
        raw = value.encode()
        return b"X" + struct.pack("<I", len(raw)) + raw

    def name(self, dotted: str, module: str = "") -> bytes:
        """A name, fetched from a module; the module is all but the last part unless it is given."""
        module = module or dotted.rpartition(".")[0]
        return self.text(module) + self.text(dotted[len(module) + 1 :]) + b"\x93"

    def value(self, value: Any) -> bytes:
        """A constant or a container of them, bytes that are code already aside."""
        if isinstance(value, Code):
            return value
        if isinstance(value, tuple):
            return b"(" + b"".join(map(self.value, value)) + b"t"
        if isinstance(value, list):
            return b"](" + b"".join(map(self.value, value)) + b"e"
        if isinstance(value, dict):
            return b"}(" + b"".join(self.value(each) for item in value.items() for each in item) + b"u"
        if isinstance(value, str):
            return self.text(value)
        return pickle.dumps(value, 3)[2:-1]

    def call(self, target: bytes | str, *args: Any) -> Code:
        """``target(*args)`` by REDUCE; a text is a name."""
        fetched = self.name(target) if isinstance(target, str) else target
        return Code(fetched + self.value(args) + b"R")

    def fetch(self, dotted: str, module: str = "") -> Code:
        """A name as a value."""
        return Code(self.name(dotted, module))

    def whole(self, *parts: bytes) -> bytes:
        """A pickle of protocol 4 that gives its last part."""
        return PROTO + b"0".join(parts) + b"."


class Code(bytes):
    """Opcodes that leave one value on the stack."""


Hits = dict[str, list[tuple[Severity, str]]]


@pytest.fixture(scope="session")
def asm() -> Assembler:
    """The assembler."""
    return Assembler()


@pytest.fixture(scope="session")
def read() -> Callable[[bytes], Pickle]:
    """The view of a pickle."""

    def _read(data: bytes) -> Pickle:
        view = reader.read(Memory(data), Budget(), "model.pkl")
        assert isinstance(view, Pickle)
        return view

    return _read


@pytest.fixture(scope="session")
def judged(read: Callable[[bytes], Pickle]) -> Callable[[bytes], Hits]:
    """What every rule says of a pickle: rule → severity and message."""

    def _judged(data: bytes) -> Hits:
        view = read(data)
        found: Hits = {}
        for rule in rules_for("pickle"):
            for hit in rule.check(view):
                severity = rule.severity if hit.severity is None else hit.severity
                found.setdefault(rule.id, []).append((severity, hit.message))
        return found

    return _judged
