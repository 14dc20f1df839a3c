"""How telling words in a model's texts are told of."""

from __future__ import annotations

from typing import Final

from assay.formats.graph import mention
from assay.scan.knowledge.text import shown

_DOES: Final = {
    mention.LIBRARY: "names the native library",
    mention.COMMAND: "holds a command",
    mention.CODE: "holds code",
    mention.CLIMBING: "holds a path that leads out of its folder",
}


def told(found: mention.Mention) -> str:
    """``holds code: 'import os; …'``."""
    return f"{_DOES[found.kind]}: {shown(found.text)}"
