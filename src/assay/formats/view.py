"""What a reader gives: an inert, bounded look at the bytes, what lies inside them, and what it could not read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import LimitReached
from assay.formats.source import Source


class NotThisFormat(FormatError):  # noqa: N818 - a verdict, not a failure
    """A reader that was asked because the bytes *might* be its format says that they are not. Nothing is lost by it."""


class Contrived(FormatError):  # noqa: N818 - the state that was met
    """What stopped a reader is nothing that a program writes or a broken copy leaves: it is there to stop readers."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A part that could not be read. It makes the file "could not tell", whatever else was found in it.

    :param what: the reason, one sentence without a final full stop
    :param offset: where, in bytes from the start of what was being read
    :param contrived: see :class:`Contrived`
    """

    what: str
    offset: int | None = None
    contrived: bool = False

    @classmethod
    def of(cls, error: FormatError) -> Problem:
        """The problem an error stands for."""
        return cls(error.what, error.offset, isinstance(error, Contrived))


@dataclass(frozen=True, slots=True)
class Member:
    """Something inside a file that is to be inspected as a file of its own.

    :param name: its name inside, as it stands there
    :param source: its bytes; valid until the next member is asked for
    :param offset: where it (or its header) starts in what holds it
    :param expected: names of formats it must be read as whatever it looks like, because its holder's loader will
    """

    name: str
    source: Source
    offset: int | None = None
    expected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tensor:
    """A run of raw numbers.

    :param dtype: NumPy's name of the element type in little-endian form (``float32``, ``bfloat16``, ``int8``,
        ``float8_e4m3fn``), or the format's own word for a quantised block (``Q4_K``)
    :param shape: elements along each axis
    :param source: its bytes, row by row, where they can be reached
    :param offset: where they start in the file that was read
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    source: Source
    offset: int | None = None
    big_endian: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a file says about its surroundings, for rules that look at a whole folder.

    :param kind: ``import`` (a Python module it makes a loader import), ``module`` (one that is imported by its name
        when no such file lies beside), ``code`` (a Python file it names), ``weights`` (a file of raw numbers it
        names), ``file`` (any other file it reads), ``does`` (what Python source does and when, for whoever has it run),
        ``imports`` (a module or a file that Python source has run), ``calls`` and ``offers`` (functions that it calls
        of other files, and what its own do, see :mod:`assay.formats.repository.python`),
        ``reads`` (see :func:`reads`), ``tensors`` (see :func:`outline`), ``configuration`` and ``index`` (see
        :mod:`assay.formats.repository.configuration`)
    :param value: the module's dotted name, or the path as it stands there; of the last four JSON
    """

    kind: str
    value: str
    offset: int | None = None


#: Tensors of one file that an outline holds; of a file with more there is none.
OUTLINED: Final = 200_000


def reads(family: str, what: str, begin: int, length: int, files: list[str], offset: int | None = None) -> Fact:
    """The fact that a loader takes a range of bytes from files beside this one, which follow each other.

    :param family: whose loader, the word of a rule
    :param what: what the range is, for people
    :param length: of the range; negative when the file says something impossible
    """
    return Fact("reads", json.dumps([family, what[:200], begin, length, files]), offset)


def outline(tensors: Iterable[tuple[str, str, tuple[int, ...]]]) -> list[Fact]:
    """The fact of which tensors a file has: name, type and shape of each."""
    found = list(islice(tensors, OUTLINED + 1))
    return [Fact("tensors", json.dumps(found))] if 0 < len(found) <= OUTLINED else []


class View:
    """Base of all views. A subclass names its ``kind``, the word under which rules are kept.

    ``problems`` grows while members are read, so it is looked at last.
    """

    kind: ClassVar[str]

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def members(self) -> Iterator[Member]:
        """What lies inside, one at a time; a reader that stops early says so in ``problems``."""
        return iter(())

    def tensors(self) -> Iterator[Tensor]:
        """The raw numbers inside."""
        return iter(())

    def parts(self) -> Iterator[View]:
        """Views of other kinds that reading the same bytes gave, such as the pickles of a joblib file.

        They are judged as if their own reader had read the bytes.
        """
        return iter(())

    def covers(self) -> frozenset[str]:
        """Names of entries that another reader of the same bytes gives as members, and whose content this view knows.

        A PyTorch view of a zip names its raw storages here: bytes that no format claims are no riddle there.
        """
        return frozenset()

    def facts(self) -> Iterable[Fact]:
        """What the file says about its surroundings."""
        return ()

    def note(self, error: FormatError) -> None:
        """Remember what stopped a reader; what was read until then stands."""
        self.problems.append(Problem.of(error))


class Bomb(View):
    """Something that is there to stop readers; made of the problem that it was.

    :param place: in bytes from the start of what was being read
    """

    kind: ClassVar[str] = "bomb"

    def __init__(self, what: str, place: int | None) -> None:
        super().__init__()
        self.what = what
        self.place = place


__all__ = [
    "Bomb",
    "Contrived",
    "Fact",
    "LimitReached",
    "Member",
    "NotThisFormat",
    "Problem",
    "Tensor",
    "View",
    "outline",
    "reads",
]
