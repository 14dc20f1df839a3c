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
#: So much of a block must be left for it to be searched on.
_AHEAD: Final = 64
_BLANKS: Final = b"\0\t\n\f\r "
#: What another revision begins with: an object, a table, a trailer or a comment.
_REVISION: Final = re.compile(rb"[0-9]{1,10}[ \r\n]|xref|trailer|startxref|%")


def read(source: Source, budget: Budget, _name: str) -> Plain:
    """See :class:`~assay.formats.signature.Reader`."""
    if source.read(0, len(MAGIC)) != MAGIC:
        raise NotThisFormat("it does not begin as a PDF document", offset=0)
    base, block, start = 0, source.read(0, _BLOCK), 0
    while start < source.size:
        if start - base + _AHEAD > len(block) and base + len(block) < source.size:
            budget.check_time(start)
            base, block = start, source.read(start, _BLOCK)
        at = block.find(_END, start - base)
        if at < 0:
            start = max(start + 1, base + len(block) - len(_END) + 1)
            continue
        start = _after_blanks(source, base + at + len(_END), budget)
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
