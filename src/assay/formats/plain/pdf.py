"""PDF documents: where the last of their revisions ends, so that what was appended to them is not overlooked."""

from __future__ import annotations

import re
from typing import Final

from assay.formats.budget import Budget
from assay.formats.plain.plain import Plain
from assay.formats.source import Source
from assay.formats.view import NotThisFormat

MAGIC: Final = b"%PDF-"
_BLOCK: Final = 1 << 20
#: Long enough for a mark and what says whether another revision follows it.
_OVERLAP: Final = 64
#: A revision begins with an object, a table, a trailer or a comment, perhaps after blanks.
_END: Final = re.compile(rb"%%EOF[\0\t\n\f\r ]{0,40}(?![\0\t\n\f\r ])(?![0-9]{1,10}[ \r\n]|xref|trailer|startxref|%)")


def read(source: Source, budget: Budget, _name: str) -> Plain:
    """See :class:`~assay.formats.signature.Reader`."""
    if source.read(0, len(MAGIC)) != MAGIC:
        raise NotThisFormat("it does not begin as a PDF document", offset=0)
    for start in range(0, source.size, _BLOCK):
        budget.check_time(start)
        found = _END.search(source.read(start, _BLOCK + _OVERLAP))
        if found:
            return Plain(source, start + found.end())
    return Plain(source)
