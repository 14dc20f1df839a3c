"""Scripts that a shell or an interpreter runs as they are, told by how they begin."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View

#: What stands behind ``#!`` → endings that say so; others may have any of all.
_SUFFIXES: Final = {
    "python": {"py", "pyw", "pyz", "pex"},
    "sh": {"sh", "bash", "zsh", "ksh", "fish", "command", "run", "bats", "csh", "tcsh", "dash", "ash"},
    "node": {"js", "mjs", "cjs", "ts"},
    "perl": {"pl", "pm", "t", "cgi"},
    "ruby": {"rb", "rake", "gemspec"},
    "batch": {"bat", "cmd"},
    "powershell": {"ps1", "psm1", "psd1"},
}
_ANY: Final = frozenset(ending for endings in _SUFFIXES.values() for ending in endings) | {
    "lua", "tcl", "awk", "sed", "php", "r", "jl", "exp", "scm", "groovy", "kts", "swift", "in", "tmpl", "init", "cfg",
    "txt", "md", "am", "ac", "sub", "guess", "status", "fish", "nu", "el", "hs", "go", "vim", "service", "env", "cr",
}  # fmt: skip
_LINE: Final = re.compile(rb"#![ \t]*(/\S+)(?:[ \t]+([^\r\n]*))?")
BATCH: Final = re.compile(rb"(?i)(?:\xef\xbb\xbf)?\s{0,64}@(?:echo[ \t]+off|setlocal|rem\b|powershell|start\b|cmd\b)")


class Script(View):
    """A script."""

    kind: ClassVar[str] = "script"

    def __init__(self, name: str, interpreter: str) -> None:
        super().__init__()
        self.name = name
        self.interpreter = interpreter
        """The program that runs it: ``sh``, ``python3``, ``batch``."""

    @property
    def openly_named(self) -> bool:
        """Whether its name says that it may be a script: a script's ending, or none as commands have."""
        stem, dot, ending = self.name.lower().rpartition(".")
        return not (stem and dot) or ending.isdigit() or ending in _ANY


def read(source: Source, _budget: Budget, name: str) -> Script:
    """See :class:`~assay.formats.signature.Reader`."""
    start = source.read(0, 512)
    found = _LINE.match(start.removeprefix(b"\xef\xbb\xbf"))
    if found is not None:
        program = found[1].rpartition(b"/")[2]
        if program == b"env" and found[2]:
            words = [word for word in found[2].split() if not word.startswith(b"-") and b"=" not in word]
            program = words[0].rpartition(b"/")[2] if words else program
        return Script(name, program.decode("ascii", "replace"))
    if BATCH.match(start):
        return Script(name, "batch")
    raise NotThisFormat("it does not begin as a script", offset=0)
