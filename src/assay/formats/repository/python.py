"""Python source, parsed and never compiled: what it would do, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.python_effects import Effect, When
from assay.formats.repository.python_source import parse
from assay.formats.repository.python_walk import effects_of
from assay.formats.repository.text import read_all
from assay.formats.source import Source
from assay.formats.view import Fact, NotThisFormat, View

#: The longest file of ordinary packages has some 3 MB.
MAX_BYTES: Final = 8 << 20
MAX_UNCLAIMED: Final = 1 << 20
SUFFIXES: Final = (".py", ".pyw", ".pyi")

_CODING: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
#: Encodings in which source is ordinarily written: none of them gives a sign another meaning.
_PLAIN: Final = re.compile(
    r"(?:utf[-_]?8(?:[-_]sig)?|us[-_]?ascii|ascii|latin[-_]?1|iso[-_]?(?:ir[-_])?8859[-_]?\d+(?:-\w+)?|cp\d+|windows[-_]\d+"
    r"|gbk|gb2312|gb18030|big5\w*|euc[-_]?\w+|shift[-_]?jis|koi8[-_]\w|utf[-_]?16.*|mbcs|mac[-_]roman)(?:-(?:unix|dos|mac))?",
    re.IGNORECASE,
)


class Python(View):
    """A Python file.

    :param name: the file's name
    :param effects: what it does, by line
    :param coding: the encoding it declares, when that is one in which code can hide; else empty
    """

    kind: ClassVar[str] = "python"

    def __init__(self, name: str, effects: list[Effect], coding: str) -> None:
        super().__init__()
        self.name = name
        self.effects = effects
        self.coding = coding

    def facts(self) -> Iterable[Fact]:
        """What it does, as facts of kind ``does``: ``DOES WHEN LINE TARGET`` (see :class:`View`)."""
        for effect in self.effects:
            if effect.when is not When.SCRIPT:
                yield Fact("does", f"{effect.does.name} {effect.when.name} {effect.line} {effect.target}")


def read(source: Source, budget: Budget, name: str) -> Python:
    """See :class:`assay.formats.signature.Reader`."""
    claimed = name.lower().endswith(SUFFIXES)
    if not claimed and source.size > MAX_UNCLAIMED:
        raise NotThisFormat("too long for a script")
    data = read_all(source, budget, MAX_BYTES)
    try:
        tree = parse(data)
    except FormatError as error:
        if not claimed:
            raise NotThisFormat(error.what) from error
        if not (coding := _hiding(data)):
            raise
        view = Python(name, [], coding)
        view.note(error)
        return view
    effects = [effect for effect in effects_of(tree, name, budget) if not effect.target.startswith("get_ipython()")]
    return Python(name, effects, _hiding(data))  # what only IPython has is left of a notebook, and fails elsewhere


def _hiding(data: bytes) -> str:
    """The declared encoding, if it is none that source is ordinarily written in."""
    for line in data.split(b"\n", 2)[:2]:
        found = _CODING.match(line)
        if found and not _PLAIN.fullmatch(found[1].decode("ascii", "replace")):
            return found[1].decode("ascii", "replace")
    return ""
