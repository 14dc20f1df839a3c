"""Git's loose objects, once expanded: a line that says what they are, then the content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.formats.budget import Budget
from assay.formats.plain.plain import Plain
from assay.formats.source import Source, Window
from assay.formats.view import Member, NotThisFormat

HEADER: Final = re.compile(rb"(blob|tree|commit|tag) ([0-9]{1,19})\0")


class GitObject(Plain):
    """A loose object; only a blob holds a file."""

    def __init__(self, source: Source, form: str, start: int) -> None:
        super().__init__(source)
        self.form = form
        self.start = start

    def members(self) -> Iterator[Member]:
        """The file that a blob holds."""
        if self.form == "blob" and self.start < self.source.size:
            yield Member("blob", Window(self.source, self.start, self.source.size - self.start), self.start)


def read(source: Source, _budget: Budget, _name: str) -> GitObject:
    """See :class:`~assay.formats.signature.Reader`."""
    found = HEADER.match(source.read(0, 32))
    if found is None or int(found[2]) != source.size - found.end():
        raise NotThisFormat("it is no Git object", offset=0)
    return GitObject(source, found[1].decode(), found.end())
