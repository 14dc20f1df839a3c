"""How a format is recognised from its bytes, and where its reader lies; reading it is another module's work."""

from __future__ import annotations

import enum
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, cast

from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.view import View

HEAD = 4096


class Claim(enum.IntEnum):
    """How sure a format is that the bytes are its own."""

    NO = 0
    PLAUSIBLE = 1
    """A reader must look; it may answer :class:`NotThisFormat`."""
    CERTAIN = 2
    """A magic number or a structure nothing else has; if it cannot be read, that is to be told."""


class Head:
    """The first look at some bytes.

    :param name: the file's last name; only ever a reason to read *more*
    """

    def __init__(self, source: Source, name: str) -> None:
        self.source = source
        self.name = name
        self.size = source.size
        self.start = source.read(0, HEAD)
        stem, dot, ending = name.lower().rpartition(".")
        self.suffix = dot + ending if stem else ""
        """The lower-case ending with its dot, ``.pkl``; of ``model.tar.gz`` it is ``.gz``."""
        self._end = self.start if self.size <= HEAD else None
        self._text: bool | None = None

    @property
    def end(self) -> bytes:
        """The last :data:`HEAD` bytes (all of them, when there are fewer)."""
        if self._end is None:
            self._end = self.source.read(self.size - HEAD, HEAD)
        return self._end

    @property
    def text(self) -> bool:
        """Whether it starts as UTF-8 text without control characters (tab, line feed, form feed, return aside)."""
        if self._text is None:
            self._text = self._is_text()
        return self._text

    def _is_text(self) -> bool:
        start = self.start
        if start.translate(None, _TEXT_BYTES):
            return False
        for cut in range(4) if self.size > len(start) else (0,):
            try:
                start[: len(start) - cut].decode()
            except UnicodeDecodeError:
                continue
            return True
        return False


_TEXT_BYTES = bytes([9, 10, 12, 13, *range(32, 127), *range(128, 256)])


#: First bytes of text in any encoding that is read as text: all but those that only continue a UTF-8 character.
TEXT_STARTS = frozenset(range(0x100)) - frozenset(range(0x80, 0xC0))


class Begins:
    """Claims what begins with certain bytes, and nothing else."""

    def __init__(self, claim: Claim, *magics: bytes) -> None:
        self._claim = claim
        self._magics = magics
        self.starts = frozenset(magic[0] for magic in magics)

    def __call__(self, head: Head) -> Claim:
        return self._claim if head.start.startswith(self._magics) else Claim.NO


class Reader(Protocol):
    """A format's reader: ``read`` in the module that a :class:`Signature` names."""

    def __call__(self, source: Source, budget: Budget, name: str) -> View:
        """Look at the bytes without executing anything.

        :param name: the file's last name, for messages and for what the name alone decides
        :raises NotThisFormat: they are another format's after all
        :raises FormatError: not even a part of them could be read; anything less goes into the view's ``problems``
        """


@dataclass(frozen=True, eq=False)  # each there is once, and looked up often
class Signature:
    """A format before its reader is imported.

    :param name: the word for it in reports, ``safetensors``
    :param title: what people call it, ``Safetensors weights``
    :param module: ``assay.formats.<room>.<module>``, which has ``read`` (a :class:`Reader`)
    :param suffixes: endings it is published under; another known format's ending is a finding
    :param claims: looks at the first bytes; cheap, and never raises
    :param supersedes: formats that these bytes look like but are read better as this one: what such a reading could not
        tell, and its findings below medium, are dropped when this one's succeeds (a joblib file read as a mere pickle
        breaks at its first array; a payload that only ``pickle.load`` would run is told all the same)
    :param starts: first bytes without which ``claims`` says no, so that it need not be asked; ``None`` for any
    :param endings: of names (:attr:`Head.suffix`) with which it is asked whatever the first byte is
    :param harmless: bytes of this format have no loader that runs them and hold nothing of ours: "not a model"
    """

    name: str
    title: str
    module: str
    suffixes: frozenset[str]
    claims: Callable[[Head], Claim]
    harmless: bool = False
    supersedes: frozenset[str] = frozenset()
    starts: frozenset[int] | None = None
    endings: frozenset[str] = frozenset()

    @property
    def first_bytes(self) -> frozenset[int] | None:
        """``starts``, or what the claim itself knows of it."""
        return self.claims.starts if isinstance(self.claims, Begins) else self.starts

    @cached_property
    def read(self) -> Reader:
        """The reader, imported when first wanted."""
        return cast("Reader", importlib.import_module(self.module).read)
