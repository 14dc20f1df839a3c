"""Which modules of this room are worth compiling, in the order in which they need each other."""

from __future__ import annotations

from typing import Final

HOT: Final = tuple(
    f"assay.formats.pickle.{name}"
    for name in ("cells", "state", "record", "arguments", "containers", "machinery", "machine")
)
