"""Command lines that do what no honest setup needs."""

from __future__ import annotations

import re
from typing import Final

_FETCHED: Final = re.compile(
    r"\b(?:curl|wget|fetch)\b[^|;&\n]{0,500}\|\s*(?:sudo\s+(?:-\S+\s+)?)?(?:/bin/|/usr/bin/)?(?:ba|z|da|k)?sh\b"
    r"|\b(?:curl|wget)\b[^|;&\n]{0,500}\|\s*(?:sudo\s+)?python[0-9.]*\b"
    r"|\b(?:ba|z)?sh\s+(?:-c\s+)?[\"']?(?:<\(|\$\(|`)\s*(?:curl|wget)\b"
    r"|\bbase64\s+(?:-d|--decode|-D)\b[^|\n]{0,200}\|\s*(?:ba|z)?sh\b"
    r"|\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b[^|\n]{0,300}\|\s*(?:iex|Invoke-Expression)\b"
)
_OPENED: Final = re.compile(
    r"/dev/tcp/[\w.-]+/\d+|\b(?:nc|ncat|netcat)\b[^|;\n]{0,100}\s-(?:[a-z]*[ec])\b\s*(?:/bin/)?(?:ba)?sh"
    r"|\bmkfifo\b[^\n]{0,200}\bnc\b"
)
#: Programs that are ordinarily installed this way.
_ORDINARY: Final = re.compile(
    r"https://(?:sh\.rustup\.rs|astral\.sh|ollama\.com|get\.docker\.com|raw\.githubusercontent\.com|install\.python-poetry\.org"
    r"|deb\.nodesource\.com|packagecloud\.io|huggingface\.co|hf\.co|bun\.sh|pyenv\.run|mise\.run|get\.pixi\.sh|pixi\.sh"
    r"|repo\.anaconda\.com|micro\.mamba\.pm|cli\.github\.com|packages\.cloud\.google\.com|nvidia\.github\.io)[/\s\"']"
)


def fetches_and_runs(command: str) -> bool:
    """Whether a command hands what it downloads or decodes straight to a shell."""
    command = command[:20_000]
    return bool(_FETCHED.search(command)) and not _ORDINARY.search(command)


_UNPROTECTED: Final = re.compile(r"\b(?:curl|wget|fetch)\b(?![^|;&\n]*https://)|https://\d+\.\d+\.\d+\.\d+")


def fetches_unprotected(command: str) -> bool:
    """Whether :func:`fetches_and_runs`, and nothing says that it comes from whom it was asked of: no HTTPS, no name."""
    return fetches_and_runs(command) and bool(_UNPROTECTED.search(command[:20_000]))


def opens_shell(command: str) -> bool:
    """Whether a command connects a shell to another machine."""
    return bool(_OPENED.search(command[:20_000]))
