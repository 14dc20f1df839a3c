"""Ranges of bytes that a model takes from files beside it, held against how long these are."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator

from assay.formats.view import Fact
from assay.scan.knowledge.text import shown
from assay.scan.repository import Repository
from assay.scan.rule import Hit

#: What stands in a file's place until somebody fetches it says nothing about its length.
_POINTER = "lfs-pointer"


def beyond(view: Repository, family: str) -> Iterator[Hit]:
    """Ranges of this family's models that no file can hold, and those that end beyond files that are there."""
    for path, facts in view.facts_by_path.items():
        for fact in facts:
            if fact.kind == "reads" and (said := _beyond(view, path, fact, family)):
                yield Hit(said, fact.offset, member=path)


def _beyond(view: Repository, path: str, fact: Fact, family: str) -> str:
    match json.loads(fact.value):
        case [str() as kind, str() as what, int() as begin, int() as length, [*named]] if kind == family and named:
            place = shown(str(named[0])) + (f" and {len(named) - 1} more" if len(named) > 1 else "")
            if begin < 0 or length < 0:
                return f"{what} takes an impossible range from {place}"
            files = [posixpath.normpath(posixpath.join(posixpath.dirname(path), str(name))) for name in named]
            if any(file not in view.sizes or _POINTER in view.formats.get(file, ()) for file in files):
                return ""
            size = sum(view.sizes[file] for file in files)
            if begin + length > size:
                return f"{what} takes the bytes up to {begin + length:,} from {place}, of {size:,} bytes"
    return ""
