"""Two small files beside a SavedModel: what Keras says of each object, and the fingerprint.

Sources: ``saved_metadata.proto`` of Keras 2 and ``fingerprint.proto`` of TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.protobuf import Message, Wire
from assay.formats.source import Source
from assay.formats.view import Member, NotThisFormat, View


class KerasMetadata(View):
    """The configuration of every Keras object of a SavedModel, as JSON texts; also the fingerprint, which has none."""

    kind: ClassVar[str] = "tensorflow-metadata"

    def __init__(self) -> None:
        super().__init__()
        self.metadata: list[Member] = []

    def members(self) -> Iterator[Member]:
        """See :class:`View`."""
        return iter(self.metadata)


def read(source: Source, budget: Budget, name: str) -> KerasMetadata:
    """See :class:`~assay.formats.signature.Reader`."""
    view = KerasMetadata()
    if name == "fingerprint.pb":
        _check_fingerprint(Message(source, budget))
        return view
    try:
        for node in Message(source, budget):
            if node.number == 1 and node.wire is Wire.BYTES:
                budget.spend_members(offset=node.offset)
                _node(view, node.message())
    except FormatError as error:
        view.note(error)
    if not view.metadata and name != "keras_metadata.pb":
        raise NotThisFormat("no Keras metadata")
    return view


def _node(view: KerasMetadata, message: Message) -> None:
    path, metadata = "", None
    for found in message:
        if found.number == 3:
            path = found.text()
        elif found.number == 5 and found.wire is Wire.BYTES and found.size > 2:
            metadata = found
    if metadata is not None:
        view.metadata.append(Member(path or "root", metadata.window(), metadata.offset, ("keras-config",)))


def _check_fingerprint(message: Message) -> None:
    """Numbers, a version and an identifier; nothing else.

    :raises NotThisFormat: there is more
    """
    try:
        whole = all(found.number <= 7 and found.size <= 64 for found in message)
    except FormatError as error:
        raise NotThisFormat("no fingerprint") from error
    if not whole:
        raise NotThisFormat("no fingerprint")
