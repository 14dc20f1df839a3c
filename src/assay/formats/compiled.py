"""Whether the hot loops run compiled, and the words they need when they do not.

Modules that ``setup.py`` names are typed Python which mypyc compiles when the package is built, if it can; the same
source runs as it is otherwise. ``ASSAY_PURE=1`` in the environment asks for that, and it is what happens when the
compiled form cannot be imported. A package with hot modules calls :func:`prefer` before it imports them.

A hot module imports ``vec`` and ``i64`` under ``TYPE_CHECKING`` from where they are defined, which is all that mypyc
wants, and calls :func:`define` for the interpreter.
"""

from __future__ import annotations

import importlib
import os
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Final

#: Numbers up to which a row is a list.
_FEW: Final = 1 << 16
#: The one place where the environment is asked.
PURE: Final = bool(os.environ.get("ASSAY_PURE"))


class _Row:
    """``vec[i64](numbers)``: a row of 64-bit numbers; a list is quicker, and an ``array`` of many is smaller."""

    def __class_getitem__(cls, item: type) -> Callable[[list[int]], list[int] | array[int]]:
        return _row


def _row(numbers: list[int]) -> list[int] | array[int]:
    return numbers if len(numbers) <= _FEW else array("q", numbers)


def define(names: dict[str, object]) -> None:
    """Give a hot module that runs uncompiled the words that mypyc knows by itself."""
    names.setdefault("i64", int)
    names.setdefault("vec", _Row)


class _Finder:
    """Finds the source of modules whose compiled form is not wanted."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See :class:`importlib.abc.MetaPathFinder`."""
        if name not in self.names or path is None:
            return None
        return _source_spec(name, path)


def _source_spec(name: str, folders: Sequence[str]) -> ModuleSpec | None:
    from importlib.util import spec_from_file_location  # noqa: PLC0415 - only where nothing is compiled

    stem = name.rpartition(".")[2]
    for folder in folders:
        file = Path(folder, f"{stem}.py")
        if file.is_file():
            return spec_from_file_location(name, file, loader=SourceFileLoader(name, str(file)))
    return None


def prefer(names: Sequence[str]) -> None:
    """Make these modules come from their compiled form, or, where that is unwanted or unusable, from their source."""
    if not PURE:
        try:
            for name in names:
                importlib.import_module(name)
        except (ImportError, ValueError, AttributeError):  # no such file, or another version of what it was made for
            for name in names:
                sys.modules.pop(name, None)
        else:
            return
    sys.meta_path.insert(0, _Finder(names))


def is_compiled(module: ModuleType) -> bool:
    """Whether this is the compiled form."""
    return not (module.__file__ or "").endswith(".py")


@contextmanager
def pure(names: Sequence[str]) -> Iterator[dict[str, ModuleType]]:
    """The modules once more, from their source, whatever is installed; for tests that want both forms side by side."""
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    finder = _Finder(names)
    sys.meta_path.insert(0, finder)
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.meta_path.remove(finder)
        for name in names:
            sys.modules.pop(name, None)
        for name, module in before.items():
            sys.modules[name] = module
            parent, _, stem = name.rpartition(".")
            setattr(sys.modules[parent], stem, module)
