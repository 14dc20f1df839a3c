"""The form in which names are listed: blocks of names, each with what is said of them and why.

::

    # a comment
    [call] arrays are made of shapes, types and bytes
    numpy.core.multiarray: _reconstruct scalar
    [class] estimators keep their state in plain attributes
    sklearn.**

A block starts with a word in brackets and a note that holds for every name in it. A line names a module, a colon and
names in it; a name may end in ``*``. ``module: *`` means every name in the module and in the modules below it;
``package.**`` means every *class* there, told by how it is used or by its capital letter.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

_FOLDER: Final = Path(__file__).parent


class Line(NamedTuple):
    """One line of names.

    :param word: what stands in the brackets of its block
    :param note: why
    :param module: the module, or the package of a whole family
    :param names: names in it; empty for a family
    """

    word: str
    note: str
    module: str
    names: list[str]


def read(name: str) -> Iterator[Line]:
    """The lines of one listing; none when there is no such file.

    :param name: the file's name without its ending
    """
    path = _FOLDER / f"{name}.txt"
    if not path.is_file():
        return
    word = note = ""
    for text in path.read_text("utf-8").splitlines():
        if not text or text.startswith("#"):
            continue
        if text.startswith("["):
            word, _, note = text[1:].partition("]")
            note = note.strip()
        elif text.endswith(".**"):
            yield Line(word, note, text[:-3], [])
        else:
            module, _, names = text.partition(":")
            yield Line(word, note, module, names.split())


@cache
def listings() -> frozenset[str]:
    """The names of all listings but that of the harms."""
    return frozenset(path.stem for path in _FOLDER.glob("*.txt")) - {"harms"}
