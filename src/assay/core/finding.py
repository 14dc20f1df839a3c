"""What somebody looking at an artifact found: how bad it is, how sure we are, where, and which known threat it is."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from assay.core.digest import Digest


class Severity(enum.IntEnum):
    """The harm if it is what it looks like."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """As policies and reports write it."""
        return self.name.lower()


class Confidence(enum.IntEnum):
    """How certain it is that it is what it looks like."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def word(self) -> str:
        """As policies and reports write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place inside a file.

    :param member: the path through containers, outermost first, joined by ``!`` (``archive/data.pkl``, ``a.zip!b.pkl``,
        a tensor's or node's name); empty for the file itself
    :param offset: bytes from the start of that member (of the file, without one); ``None`` where no offset fits
    :param line: line in a text, counted from 1; ``None`` for what is not text
    """

    member: str = ""
    offset: int | None = None
    line: int | None = None

    def __str__(self) -> str:
        places = [self.member] if self.member else []
        if self.line is not None:
            places.append(f"line {self.line}")
        elif self.offset is not None:
            places.append(f"byte {self.offset:,}")
        return ", ".join(places)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A person's word that a finding is known and accepted, for a time.

    :param reason: why
    :param until: the last day it holds, ``YYYY-MM-DD``
    """

    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that speaks against an artifact.

    :param rule: the rule's id, ``pickle-unsafe-call``
    :param path: the file, as the caller named it or relative to the folder that was scanned
    :param message: what was seen, one sentence without a final full stop; never holds a secret
    :param remedy: what to do about it
    :param threats: catalogue ids (``AML.T0011.000``, ``ML06:2023``, ``MAP 4.1``), see :mod:`assay.core.threat`
    :param ignored: set when a person accepted it; such a finding stays visible and counts for nothing
    """

    rule: str
    severity: Severity
    confidence: Confidence
    path: str
    location: Location
    message: str
    remedy: str = ""
    threats: tuple[str, ...] = ()
    ignored: Ignored | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why we could not tell about a file, or a part of it. Never the same as clean.

    :param path: as in :class:`Finding`
    :param reason: what stopped us and where, ``LIMIT members (100000) at byte 4,711``
    """

    path: str
    reason: str
    location: Location = Location()


class Outcome(enum.Enum):
    """What became of one file that was to be inspected."""

    INSPECTED = "inspected"
    HARMLESS = "not a model"
    UNKNOWN = "could not tell"


@dataclass(frozen=True, slots=True)
class Scanned:
    """One file and what became of it.

    :param formats: names of the formats it was read as, outermost reading first; what it is known as when harmless
    :param digest: of exactly the bytes that were inspected; ``None`` when it could not be read
    """

    path: str
    formats: tuple[str, ...]
    digest: Digest | None
    size: int
    outcome: Outcome
