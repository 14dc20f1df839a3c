"""How these formats are recognised."""

from __future__ import annotations

from typing import Final

from assay.formats.graph.claims import SIGNATURES as MODELS
from assay.formats.graph.tensorflow_claims import SIGNATURES as TENSORFLOW
from assay.formats.signature import Signature

SIGNATURES: Final[tuple[Signature, ...]] = (*MODELS, *TENSORFLOW)
