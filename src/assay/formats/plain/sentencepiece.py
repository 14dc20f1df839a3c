"""SentencePiece vocabularies: a protocol buffer of pieces with scores. Source: ``sentencepiece_model.proto``."""

from __future__ import annotations

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.plain.plain import Plain
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, Problem

_FIELDS = range(1, 6)
_MAX_PIECE = 4096


def read(source: Source, budget: Budget, _name: str) -> Plain:
    """See :class:`~assay.formats.signature.Reader`."""
    view = Plain(source)
    at = pieces = 0
    try:
        while at < source.size:
            start = at
            tag, at = _number(source, at)
            length, at = _number(source, at)
            if tag & 7 != 2 or at + length > source.size:
                raise FormatError("a field of the vocabulary is broken", offset=start)
            if tag >> 3 == 1:
                if length > _MAX_PIECE or not is_piece(source.read(at, length)):
                    raise FormatError("a piece of the vocabulary is broken", offset=start)
                pieces += 1
            elif tag >> 3 not in _FIELDS:
                view.problems.append(Problem(f"the vocabulary has an unknown field {tag >> 3}", start))
            at += length
            if pieces % 4096 == 0:
                budget.check_time(at)
    except FormatError as error:
        if pieces < 2:
            raise NotThisFormat("it is no vocabulary of pieces", offset=at) from error
        view.note(error)
    return view


def is_piece(data: bytes) -> bool:
    """Whether this is one piece: its text, its score, and perhaps its type."""
    if len(data) < 2 or data[0] != 0x0A or (data[1] > 0x7F and len(data) < 3):
        return False
    length, at = data[1], 2
    if length > 0x7F:
        length, at = length & 0x7F | data[2] << 7, 3
    rest = data[at + length :]
    return len(rest) in {5, 7} and rest[0] == 0x15 and (len(rest) == 5 or rest[5] == 0x18)


def _number(source: Source, at: int) -> tuple[int, int]:
    data, value = source.read(at, 10), 0
    for index, byte in enumerate(data):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, at + index + 1
    raise FormatError("a number of the vocabulary is broken", offset=at)
