"""Gin configurations: what they import, what they have called, what they include."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.core.errors import FormatError
from assay.formats.repository.text import Text

MAX_LENGTH: Final = 1 << 20
#: A configuration is some pages: what is longer, and not called so, is none.
SHORT: Final = 256 << 10
_NAME: Final = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_SCOPED: Final = rf"(?:[\w.-]+/)*(?P<name>{_NAME})"
_IMPORT: Final = re.compile(rf"(?:from[ \t]+(?P<package>{_NAME})[ \t]+)?import[ \t]+(?P<name>{_NAME})(?:[ \t]+as[ \t]+(?P<alias>\w+))?[ \t]*(?:#.*)?")  # fmt: skip  # noqa: E501 - one pattern
_INCLUDE: Final = re.compile(r"include[ \t]+['\"](?P<path>[^'\"]+)['\"][ \t]*(?:#.*)?")
_BINDING: Final = re.compile(rf"{_SCOPED}[ \t]*=[ \t]*(?P<value>.*)")
_REFERENCE: Final = re.compile(rf"@{_SCOPED}(?P<called>\(\))?")
_QUOTED: Final = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|#[^\n]*")


@dataclass(frozen=True, slots=True)
class Line:
    """Something that a gin configuration says.

    :param kind: ``import``, ``include``, ``call`` (a function it has called or handed on), ``bind`` (one whose
        arguments it sets)
    :param name: dotted, with what it was imported as undone; of an include the path
    """

    kind: str
    name: str
    number: int


def lines(view: Text) -> Iterator[Line]:
    """What a gin configuration says, by line; nothing of any other text.

    :raises FormatError: it goes on where nobody looks; what it says before that was given
    """
    text = view.text[:MAX_LENGTH]
    name = view.name.lower()
    if not name.endswith(".gin") and not _looks_like_gin(text):
        return
    known: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if found := _IMPORT.fullmatch(line.strip()):
            module = ".".join(part for part in (found["package"], found["name"]) if part)
            known[found["alias"] or found["name"].rpartition(".")[2]] = module
            if module != "__gin__.dynamic_registration":
                yield Line("import", module, number)
        elif found := _INCLUDE.fullmatch(line.strip()):
            yield Line("include", found["path"], number)
        else:
            plain = _QUOTED.sub("", line)
            binding = _BINDING.match(plain.strip()) if line[:1].strip() else None
            if binding and "." in binding["name"]:
                yield Line("bind", _whole(binding["name"].rpartition(".")[0], known), number)
            for reference in _REFERENCE.finditer(plain):
                yield Line("call", _whole(reference["name"], known), number)
    if len(view.text) > MAX_LENGTH:
        raise FormatError(f"LIMIT text ({MAX_LENGTH:,})", offset=MAX_LENGTH)


def _looks_like_gin(text: str) -> bool:
    """Whether most of its lines are bindings, and one has something called in gin's way."""
    if "@" not in text or len(text) > SHORT:
        return False
    if not re.search(rf"^[\w./-]+\.\w+[ \t]*=[ \t]*@{_SCOPED}", text, re.MULTILINE):
        return False
    plain = [line for line in text.splitlines()[:1000] if line[:1].strip() and not line.startswith("#")]
    fitting = [line for line in plain if _BINDING.match(line) or _IMPORT.fullmatch(line) or _INCLUDE.fullmatch(line)]
    return len(fitting) > 0.8 * len(plain)


def _whole(name: str, known: dict[str, str]) -> str:
    first, dot, rest = name.partition(".")
    return known.get(first, first) + dot + rest
