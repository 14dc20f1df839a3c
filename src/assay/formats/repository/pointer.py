"""Git LFS pointers: a few lines in place of a file that was not fetched."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.view import View

_OID: Final = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
_SIZE: Final = re.compile(rb"^size ([0-9]{1,19})$", re.MULTILINE)


class Pointer(View):
    """A pointer to bytes that are not here."""

    kind: ClassVar[str] = "lfs-pointer"

    def __init__(self, digest: str, size: int) -> None:
        super().__init__()
        self.digest = digest
        self.size = size


def read(source: Source, budget: Budget, name: str) -> Pointer:  # noqa: ARG001 - as every reader is called
    """See :class:`assay.formats.signature.Reader`."""
    data = source.read(0, 1024)
    digest, size = _OID.search(data), _SIZE.search(data)
    if digest is None or size is None:
        raise FormatError("a Git LFS pointer without digest or size")
    return Pointer(digest[1].decode(), int(size[1]))
