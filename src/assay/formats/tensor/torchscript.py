"""TorchScript's source text: which operators it calls and which native classes it names. It is never compiled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: A whole string literal, a comment, or a call: strings and comments call nothing.
_PARTS: Final = re.compile(
    r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|#[^\n]*"
    r"|(?<![\w.])(?P<class>__torch__\.torch\.classes\.[\w.]+)"
    r"|(?<![\w.])(?P<call>(?:torch|ops\.\w+)(?:\s*\.\s*\w+)+)\s*\("
    r"|^[ \t]*(?:import|from)[ \t]+(?P<module>[\w.]+)"
    r"|(?<![\w.])(?P<python>(?:os|sys|subprocess|socket|shutil|builtins|importlib|pickle|ctypes)\.[\w.]+"
    r"|eval|exec|compile|open|__import__|globals)\s*\(",
    re.ASCII | re.MULTILINE,
)
#: In compiled functions: the length of a string that may be ``aten::add`` or a native class.
_COMPILED: Final = re.compile(
    rb"(?:X(?P<long>..\0\0)|[\x8cU](?P<short>.))(?=[A-Za-z_]\w*::[A-Za-z_]|__torch__\.torch\.classes\.)",
    re.ASCII | re.DOTALL,
)
_LONGEST: Final = 1000
#: The namespace of imports and of Python's own functions.
PYTHON: Final = "python"
_BLANKS: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Use:
    """An operator or a class that the source names.

    :param space: the operator's namespace, ``aten`` for ``torch.add`` and ``ops.aten.add``; of a class, the one it is
        registered in; :data:`PYTHON` for what TorchScript itself never writes
    :param name: the operator, or the class
    """

    space: str
    name: str
    is_class: bool
    line: int | None


def uses(text: str) -> Iterator[Use]:
    """Every operator and native class in the text, each once, where it first is."""
    seen: set[tuple[str, str, bool]] = set()
    line, place = 1, 0
    for found in _PARTS.finditer(text):
        dotted = found["class"] or found["call"] or found["module"] or found["python"]
        if dotted is None:
            continue
        if found["module"] or found["python"]:
            use = PYTHON, dotted
        else:
            use = _class(dotted) if found["class"] else _operator(_BLANKS.sub("", dotted))
        if (*use, bool(found["class"])) in seen:
            continue
        seen.add((*use, bool(found["class"])))
        line += text.count("\n", place, found.start())
        place = found.start()
        yield Use(*use, bool(found["class"]), line)


def compiled_uses(data: bytes) -> Iterator[Use]:
    """Every operator and native class that compiled functions name, each once: the strings of ``bytecode.pkl``."""
    seen: set[str] = set()
    for found in _COMPILED.finditer(data):
        length = int.from_bytes(found["long"], "little") if found["long"] else found["short"][0]
        text = data[found.end() : found.end() + min(length, _LONGEST)].decode("ascii", "replace")
        if text in seen:
            continue
        seen.add(text)
        space, _, name = text.partition("::")
        if name:
            yield Use(space, name, is_class=False, line=None)
        elif text.startswith("__torch__.torch.classes."):
            yield Use(*_class(text), is_class=True, line=None)


def _operator(dotted: str) -> tuple[str, str]:
    parts = dotted.split(".")
    if parts[0] == "ops":
        return parts[1], ".".join(parts[2:])
    return "aten", ".".join(parts[1:])


def _class(dotted: str) -> tuple[str, str]:
    space, _, name = dotted.removeprefix("__torch__.torch.classes.").partition(".")
    return space, name
