"""What a reader gives: an inert, bounded look at the bytes, what lies inside them, and what it could not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from assay.core.errors import FormatError
from assay.formats.budget import LimitReached
from assay.formats.source import Source


class NotThisFormat(FormatError):  # noqa: N818 - a verdict, not a failure
    """A reader that was asked because the bytes *might* be its format says that they are not. Nothing is lost by it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A part that could not be read. It makes the file "could not tell", whatever else was found in it.

    :param what: the reason, one sentence without a final full stop
    :param offset: where, in bytes from the start of what was being read
    """

    what: str
    offset: int | None = None

    @classmethod
    def of(cls, error: FormatError) -> Problem:
        """The problem an error stands for."""
        return cls(error.what, error.offset)


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
        names), ``file`` (any other file it reads), ``does`` (what Python source does and when, for whoever has it run)
    :param value: the module's dotted name, or the path as it stands there
    """

    kind: str
    value: str
    offset: int | None = None


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


__all__ = ["Fact", "LimitReached", "Member", "NotThisFormat", "Problem", "Tensor", "View"]
