"""How these formats are recognised."""

from assay.formats.tree.claims import SIGNATURES

__all__ = ["SIGNATURES"]
