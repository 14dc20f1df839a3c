"""How these formats are recognised."""

from __future__ import annotations

from typing import Final

from assay.formats.signature import Signature

SIGNATURES: Final[tuple[Signature, ...]] = ()
