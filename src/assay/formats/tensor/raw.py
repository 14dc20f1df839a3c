"""Bytes that another file says are numbers: OpenVINO's ``.bin``, ONNX's external data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.view import Tensor, View


class Raw(View):
    """A file that is one run of numbers whose type stands elsewhere."""

    kind: ClassVar[str] = "raw-tensor"

    def __init__(self, source: Source, name: str) -> None:
        super().__init__()
        self._source = source
        self._name = name

    def tensors(self) -> Iterator[Tensor]:
        """The whole file."""
        yield Tensor(self._name, "uint8", (self._source.size,), self._source, 0)


def read(source: Source, budget: Budget, name: str) -> Raw:  # noqa: ARG001 - every reader is called alike
    """Take the bytes for numbers; see :class:`assay.formats.signature.Reader`."""
    return Raw(source, name)
