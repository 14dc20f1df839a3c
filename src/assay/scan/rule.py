"""A rule: one thing that can be wrong with one kind of view. It says what it saw; the scanner says where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from assay.core.finding import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule saw.

    :param message: one sentence without a final full stop, which names the thing itself; never holds a secret
    :param offset: bytes from the start of what the view was read from
    :param member: the place inside the view, when it has names: a tensor, a node, a key, an entry of an archive
    :param line: for texts, counted from 1
    :param severity: when it is not the rule's own
    :param confidence: when it is not the rule's own
    """

    message: str
    offset: int | None = None
    member: str = ""
    line: int | None = None
    severity: Severity | None = None
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and its page.

    :param id: named for the bad thing, ``pickle-unsafe-call``; its module is ``pickle_unsafe_call``
    :param reads: the ``kind`` of the views it looks at
    :param severity: the harm, unless a hit says otherwise
    :param confidence: the certainty, unless a hit says otherwise
    :param threats: catalogue ids, from :mod:`assay.core.threat`
    :param check: called once for each view, when the view's members and tensors have been read; yields what it saw,
        sorted by place
    :param doc: the module's docstring: a first line that says what is wrong, then the headings *Why it matters*,
        *Example*, *Remedy*, *References*
    """

    id: str
    reads: str
    severity: Severity
    confidence: Confidence
    threats: tuple[str, ...]
    check: Callable[[Any], Iterable[Hit]]
    doc: str

    @property
    def summary(self) -> str:
        """The first line of its page, without the full stop."""
        return self.doc.strip().partition("\n")[0].rstrip(".")

    def section(self, heading: str) -> str:
        """The text below one of the page's headings; empty when it has none."""
        found = re.search(rf"^## {re.escape(heading)}\n+(.*?)(?=^## |\Z)", self.doc, re.MULTILINE | re.DOTALL)
        return found.group(1).strip() if found else ""

    @property
    def remedy(self) -> str:
        """What to do about it, in one paragraph; code stands between single backquotes, as people read it."""
        return " ".join(self.section("Remedy").split()).replace("``", "`")
