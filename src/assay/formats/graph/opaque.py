"""Formats without a public description: TensorRT engines, RKNN and CNTK models. What their bytes mention is all one can
tell.

Their content is built and read by one vendor's library; an engine holds machine code for the accelerator. So these
views never say that nothing is wrong: a rule says that they cannot be inspected, and others what they mention.
"""

from __future__ import annotations

from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.mention import Mention, mentions_of
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, View

TENSORRT: Final = (b"ftrt", b"ptrt")
#: Words that a bare CNTK dictionary begins with, as protobuf writes its keys.
CNTK_V2: Final = (b"\x0a\x07version", b"\x0a\x03uid")
CNTK_V1: Final = "BCN".encode("utf-16-le")


class Opaque(View):
    """What bytes of an unpublished format mention."""

    kind: ClassVar[str] = "opaque"

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.mentions: list[Mention] = []


def read(source: Source, budget: Budget, name: str) -> Opaque:
    """See :class:`assay.formats.signature.Reader`."""
    start = source.read(0, 4096)
    if start[:4] in TENSORRT or name.lower().endswith((".engine", ".trt", ".plan")):
        view = Opaque("TensorRT engine")
    elif start[:4] == b"RKNN":
        view = Opaque("RKNN model")
    elif start.startswith(CNTK_V1) or all(mark in start for mark in CNTK_V2):
        view = Opaque("CNTK model")
    else:
        raise NotThisFormat("it has none of their marks")
    try:
        view.mentions.extend(mentions_of(source, budget))
    except FormatError as error:
        view.note(error)
    return view
