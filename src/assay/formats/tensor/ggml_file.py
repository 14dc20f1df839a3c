"""GGML's files before GGUF, which whisper.cpp still writes: a magic number, sizes, words and numbers.

What follows the magic number depends on the program that is to read it and is written down nowhere in the file, so the
rest is taken for numbers as a whole and searched for what does not belong among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from assay.formats.budget import Budget
from assay.formats.source import Source, Window
from assay.formats.view import NotThisFormat, Tensor, View

#: The magic number's bytes → what the variant is called.
MAGICS: Final = {b"lmgg": "ggml", b"fmgg": "ggmf", b"tjgg": "ggjt", b"algg": "ggla"}


class GgmlFile(View):
    """A file of GGML's older kinds."""

    kind: ClassVar[str] = "ggml"

    def __init__(self, source: Source, variant: str) -> None:
        super().__init__()
        self._source = source
        self.variant = variant
        """``ggml``, ``ggmf``, ``ggjt`` or ``ggla``."""

    def tensors(self) -> Iterator[Tensor]:
        """All that follows the magic number."""
        body = Window(self._source, 4, self._source.size - 4)
        yield Tensor(self.variant, "uint8", (body.size,), body, 4)


def read(source: Source, budget: Budget, name: str) -> GgmlFile:  # noqa: ARG001 - every reader is called alike
    """Look at the magic number; see :class:`assay.formats.signature.Reader`."""
    variant = MAGICS.get(source.read(0, 4))
    if variant is None:
        raise NotThisFormat("it does not start as any of GGML's files", offset=0)
    return GgmlFile(source, variant)
