"""INI: sections of keys and values, as ``setup.cfg`` and spaCy's ``config.cfg`` have them."""

from __future__ import annotations

import re
from typing import Final

from assay.formats.budget import Budget
from assay.formats.repository.document import Document, Findings, Node
from assay.formats.repository.text import decode, read_all
from assay.formats.source import Source
from assay.formats.view import NotThisFormat

MAX_BYTES: Final = 4 << 20
_SECTION: Final = re.compile(r"\s{0,20}\[([^\]\n]{1,200})\]\s*(?:[#;].*)?")
_ENTRY: Final = re.compile(r"([^\s=:\[#;][^=:\n]{0,200}?)\s{0,20}[=:](.*)", re.DOTALL)


def read(source: Source, budget: Budget, name: str) -> Document:
    """See :class:`assay.formats.signature.Reader`."""
    text = decode(read_all(source, budget, MAX_BYTES)).removeprefix("\ufeff")
    noticed = Findings()
    sections: list[tuple[str, list[tuple[str, str]]]] = []
    for number, line in enumerate(text.splitlines()):
        if number % 1024 == 0:
            budget.check_time()
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        if section := _SECTION.fullmatch(line):
            sections.append((section[1], []))
        elif not sections:
            raise NotThisFormat(f"no INI file: line {number + 1} is in no section")
        elif line[0].isspace() and sections[-1][1]:
            key, value = sections[-1][1][-1]
            sections[-1][1][-1] = (key, f"{value}\n{line.strip()}" if len(value) < 64 << 10 else value)
        elif entry := _ENTRY.fullmatch(line):
            sections[-1][1].append((entry[1], entry[2].strip()))
        else:
            sections[-1][1].append((line.strip(), ""))
    if not sections:
        raise NotThisFormat("no INI file: it has no section")
    # Repeated sections and keys are ordinary here: some readers join them.
    root: dict[str, Node] = {}
    for title, entries in sections:
        known = root.setdefault(title, {})
        assert isinstance(known, dict), "only sections are put there"
        for key, value in entries:
            known[key] = _unquoted(value)
    return Document("ini", name, [root], text, noticed)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" else value
