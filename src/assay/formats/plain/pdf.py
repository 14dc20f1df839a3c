"""PDF documents: where the last of their revisions ends, so that what was appended to them is not overlooked."""

from __future__ import annotations

import re
from typing import Final

from assay.formats.budget import Budget
from assay.formats.plain.plain import Plain
from assay.formats.source import Source
from assay.formats.view import NotThisFormat

MAGIC: Final = b"%PDF-"
_END: Final = b"%%EOF"
_BLOCK: Final = 1 << 20
_BLANKS: Final = b"\0\t\n\f\r "
#: What another revision begins with: an object, a table, a trailer or a comment.
_REVISION: Final = re.compile(rb"[0-9]{1,10}[ \r\n]|xref|trailer|startxref|%")


def read(source: Source, budget: Budget, _name: str) -> Plain:
    """See :class:`~assay.formats.signature.Reader`."""
    if source.read(0, len(MAGIC)) != MAGIC:
        raise NotThisFormat("it does not begin as a PDF document", offset=0)
    start = 0
    while start < source.size:
        budget.check_time(start)
        at = source.read(start, _BLOCK + len(_END) - 1).find(_END)
        if at < 0:
            start += _BLOCK
            continue
        start = _after_blanks(source, start + at + len(_END), budget)
        if not _REVISION.match(source.read(start, 16)):
            return Plain(source, start)
    return Plain(source)


def _after_blanks(source: Source, start: int, budget: Budget) -> int:
    length = 64
    while block := source.read(start, length):
        budget.check_time(start)
        left = block.lstrip(_BLANKS)
        if left:
            return start + len(block) - len(left)
        start, length = start + len(block), _BLOCK
    return source.size
