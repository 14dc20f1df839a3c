"""TOML, by Python's own reader."""

from __future__ import annotations

import tomllib
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.document import Document, Findings, Node
from assay.formats.repository.text import decode_strictly, read_all
from assay.formats.source import Source
from assay.formats.view import Contrived, NotThisFormat

MAX_BYTES: Final = 4 << 20
MAX_UNCLAIMED: Final = 256 << 10
MAX_DEPTH: Final = 100


def read(source: Source, budget: Budget, name: str) -> Document:
    """See :class:`assay.formats.signature.Reader`."""
    claimed = name.lower().endswith(".toml")
    if not claimed and source.size > MAX_UNCLAIMED:
        raise NotThisFormat("too long for a TOML document")
    text = decode_strictly(read_all(source, budget, MAX_BYTES)).removeprefix("\ufeff")
    try:
        root = _node(tomllib.loads(text), 0)
    except (ValueError, RecursionError) as error:
        what = f"not valid TOML: {error}" if isinstance(error, tomllib.TOMLDecodeError) else "not valid TOML"
        raise (FormatError if claimed else NotThisFormat)(what) from error
    return Document("toml", name, [root], text, Findings())


def _node(value: object, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise Contrived(f"TOML nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return {str(key): _node(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_node(item, depth + 1) for item in value]
    return value if isinstance(value, str | bool | int | float) else str(value)
