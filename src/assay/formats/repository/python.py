"""Python source, parsed and never compiled: what it would do, and when."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.python_effects import Effect, When
from assay.formats.repository.python_imports import imports_of
from assay.formats.repository.python_source import parse
from assay.formats.repository.python_walk import Shared, walked
from assay.formats.repository.text import read_all
from assay.formats.source import Memory, Source
from assay.formats.view import Fact, Member, NotThisFormat, Problem, View

#: The longest file of ordinary packages has some 3 MB.
MAX_BYTES: Final = 8 << 20
MAX_UNCLAIMED: Final = 1 << 20
SUFFIXES: Final = (".py", ".pyw", ".pyi")

#: How test runners find their files.
_TEST_FILE: Final = re.compile(r"test_\w+\.py|\w+_test\.py")
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
    :param imports: modules and files that it has run (see :mod:`assay.formats.repository.python_imports`)
    :param shared: what it has to do with the files beside it
    :param tests: by its name and by what it defines it is a file of tests, which only somebody who tests runs
    """

    kind: ClassVar[str] = "python"

    def __init__(
        self,
        name: str,
        effects: list[Effect],
        coding: str,
        *,
        imports: tuple[str, ...] = (),
        shared: Shared | None = None,
        tests: bool = False,
    ) -> None:
        super().__init__()
        self.name = name
        self.effects = effects
        self.coding = coding
        self.imports = imports
        self.shared = shared or Shared()
        self.tests = tests

    def members(self) -> Iterator[Member]:
        """What it unpickles that is written out in it."""
        for line, data in self.shared.payloads:
            yield Member(f"bytes in line {line}", Memory(data))

    def facts(self) -> Iterable[Fact]:
        """What it ``does`` (``DOES WHEN LINE TARGET``), ``imports``, ``calls`` and ``offers`` (see :class:`View`).

        Of other files it calls ``WHEN MODULE NAME``; to them it offers ``NAME DOES LINE TARGET`` and ``NAME CALLS
        MODULE NAME``.
        """
        for effect in self.effects:
            if effect.when is not When.SCRIPT:
                yield Fact("does", f"{effect.does.name} {effect.when.name} {effect.line} {effect.target}")
        yield from (Fact("imports", name) for name in self.imports)
        yield from (Fact("calls", f"{when.name} {called}") for when, called in self.shared.calls)
        for name, offered in self.shared.offers:
            what = f"CALLS {offered}" if isinstance(offered, str) else _in_words(offered)
            yield Fact("offers", f"{name} {what}")


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
    # What only IPython has is left of a notebook, and fails elsewhere.
    found, shared = walked(tree, name, budget)
    effects = [effect for effect in found if not effect.target.startswith("get_ipython()")]
    tests = _TEST_FILE.fullmatch(name) is not None and any(_is_test(node) for node in tree.body)
    view = Python(name, effects, _hiding(data), imports=imports_of(tree), shared=shared, tests=tests)
    if not shared.complete:
        view.problems.append(Problem("LIMIT functions: it has more than are followed from other files"))
    return view


def _in_words(effect: Effect) -> str:
    return f"{effect.does.name} {effect.line} {effect.target}"


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name.lower().startswith(
        "test"
    )


def _hiding(data: bytes) -> str:
    """The declared encoding, if it is none that source is ordinarily written in."""
    for line in data.split(b"\n", 2)[:2]:
        found = _CODING.match(line)
        if found and not _PLAIN.fullmatch(found[1].decode("ascii", "replace")):
            return found[1].decode("ascii", "replace")
    return ""
