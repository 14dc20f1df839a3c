"""Ollama's recipes: which model they start from, and which adapters they put on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assay.core.errors import FormatError
from assay.formats.repository.text import Text

MAX_LENGTH: Final = 1 << 20
#: A recipe is a page: what is longer, and not called so, is none.
SHORT: Final = 64 << 10
_FROM: Final = re.compile(r"^[ \t]*FROM[ \t]+\S", re.MULTILINE | re.IGNORECASE)
_NAME: Final = re.compile(r"(?:.*[._-])?modelfile(?:[._-].*)?", re.IGNORECASE)
_LINE: Final = re.compile(r"[ \t]*(FROM|ADAPTER)[ \t]+(\S[^\r\n]*?)[ \t\r]*", re.IGNORECASE)
_OWN: Final = re.compile(r"^[ \t]*(?:PARAMETER[ \t]+\w+[ \t]|ADAPTER[ \t]|TEMPLATE[ \t]|SYSTEM[ \t]|MESSAGE[ \t]+\w+[ \t])", re.M | re.I)  # fmt: skip  # noqa: E501 - one pattern
_DOCKER: Final = re.compile(r"^[ \t]*(?:RUN|COPY|ADD|CMD|ENTRYPOINT|WORKDIR|ENV|EXPOSE)[ \t]", re.MULTILINE)
_TRIPLE: Final = '"""'


@dataclass(frozen=True, slots=True)
class Source:
    """Where a recipe takes something from.

    :param word: ``FROM`` or ``ADAPTER``
    :param place: a name in a registry, an address or a path
    """

    word: str
    place: str
    line: int


def sources(view: Text) -> Iterator[Source]:
    """What an Ollama recipe takes; nothing of any other text. Texts of several lines are left out.

    :raises FormatError: it goes on where nobody looks; what it takes before that was given
    """
    if not _is_recipe(view.name.rpartition("/")[2], view.text):
        return
    quoted = False
    for number, line in enumerate(view.text[:MAX_LENGTH].splitlines(), 1):
        found = None if quoted else _LINE.fullmatch(line)
        if line.count(_TRIPLE) % 2:
            quoted = not quoted
        if found is not None:
            yield Source(found[1].upper(), found[2].strip("\"'"), number)
    if len(view.text) > MAX_LENGTH:
        raise FormatError(f"LIMIT text ({MAX_LENGTH:,})", offset=MAX_LENGTH)


def _is_recipe(name: str, text: str) -> bool:
    """Whether it goes by the name, or by another and is short and written like one; containers' recipes are not."""
    if _NAME.fullmatch(name):
        return True
    if len(text) > SHORT or not _FROM.search(text):
        return False
    return bool(_OWN.search(text)) and not _DOCKER.search(text)
