"""Reads a file as pickles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.pickle.signatures import OWN_SUFFIXES, names_itself
from assay.formats.pickle.stream import run
from assay.formats.pickle.view import Pickle
from assay.formats.signature import Head
from assay.formats.source import Source, Window
from assay.formats.view import Member, NotThisFormat

#: Bytes behind a pickle, or behind junk before one, in which another is looked for; and how often it is tried.
SEARCHED: Final = 4 << 20
TRIED: Final = 256

_START: Final = re.compile(rb"\x80[\x02-\x05][(\x95cCX}\]\x8c\x8e\x93UTNJKM)]")


def read(source: Source, budget: Budget, name: str) -> Pickle:
    """See :class:`assay.formats.signature.Reader`.

    Bytes that do not say that they are a pickle, by PROTO or by their name, must do what only a pickle does: a text
    that starts with a few opcodes by accident is none.
    """
    view = run(source, 0, budget, containers=False)
    view.source = source
    head = Head(source, name)
    own = head.suffix in OWN_SUFFIXES
    if view.broken and not (view.imports or view.calls):
        if _is_nothing_else(head):
            view.embedded += _later(source, 1, budget)
        if not (view.embedded or names_itself(head)):
            raise NotThisFormat("it does nothing as a pickle before it breaks", offset=view.end)
        return view
    if not own and not names_itself(head) and not view.calls:
        if view.broken and all(name.extension is not None for name in view.imports):
            raise NotThisFormat("its first bytes could be anything", offset=view.end)
        by_accident = view.broken or (not view.imports and view.end < source.size)
        if by_accident and head.text:
            raise NotThisFormat("it is a text that starts like a pickle", offset=view.end)
    if view.trailing:
        view.embedded += _later(source, view.end, budget)
    if any(
        name.module.startswith("joblib.") or ".joblib." in name.module or "_joblib" in name.module
        for name in view.imports
    ):
        from assay.formats.tensor.joblib import continued, is_joblib  # noqa: PLC0415 - few pickles are joblib's

        if is_joblib(view):
            return continued(source, budget, view)
    return view


def _is_nothing_else(head: Head) -> bool:
    """Whether no other format claims the bytes, so that what precedes a pickle in them is junk."""
    from assay.formats.catalogue import recognise  # noqa: PLC0415 - it imports this room's signatures

    return all(signature.name == "pickle" for signature, _ in recognise(head))


def _later(source: Source, start: int, budget: Budget) -> Iterator[Member]:
    """Pickles that begin somewhere behind ``start`` and do something."""
    position, tried = start, 0
    end = min(source.size, start + SEARCHED)
    while position < end and tried < TRIED:
        block = source.read(position, min(end - position, 1 << 20))
        budget.check_time(position)
        following = position + len(block) - 3 if position + len(block) < end else end
        for found in _START.finditer(block):
            place = position + found.start()
            if place < start:
                continue
            tried += 1
            if tried > TRIED:
                return
            try:
                view = run(source, place, budget, streams=1, strings=False)
            except FormatError:
                continue
            if view.calls or (view.imports and not view.broken):
                yield Member(f"pickle at byte {place}", Window(source, place, source.size - place), place, ("pickle",))
                return
        position = max(following, position + 1)
