"""Whether bytes might be one of TensorFlow's or PyTorch's mobile formats, cheaply."""

from __future__ import annotations

import re
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.protobuf import Message, Wire
from assay.formats.graph.wire import outline
from assay.formats.signature import TEXT_STARTS, Claim, Head, Signature
from assay.formats.source import Memory

#: Fields of the outermost message that are looked at; after as many without a contradiction a reader must look.
FIELDS: Final = 64
#: The whole path ``attr { key: …`` or ``op: "…"`` in a graph's text form.
_TEXT: Final = rb"(?:^|[\s{<,;])(?:node|node_def|library|meta_graphs|graph_def|meta_info_def)\s*:?\s*[{<]"
_TEXT_SUFFIXES: Final = frozenset({".pbtxt", ".pbtext", ".prototxt"})
_SHARD: Final = r"\.data-\d{5}-of-\d{5}$"
_RECORD_LEAST: Final = 16


def graph(head: Head) -> Claim:
    """Binary graphs: SavedModel, MetaGraphDef, GraphDef."""
    if head.name.lower() in ("saved_model.pb", "saved_model.cpb"):
        return Claim.CERTAIN
    if head.size < 8 or head.start[0] not in _FIRST or head.start.isspace():
        return Claim.PLAUSIBLE if head.suffix in (".pb", ".meta") and head.size else Claim.NO
    return _fields(head)


def text(head: Head) -> Claim:
    """The text form of a graph."""
    if head.suffix in _TEXT_SUFFIXES or (head.text and re.search(_TEXT, head.start)):
        return Claim.PLAUSIBLE
    return Claim.NO


def checkpoint(head: Head) -> Claim:
    """The index of a checkpoint."""
    return Claim.CERTAIN if head.size >= 48 and head.end.endswith(bytes.fromhex("57fb808b247547db")) else Claim.NO


def shard(head: Head) -> Claim:
    """A checkpoint's data: raw numbers that only a name speaks for."""
    return Claim.PLAUSIBLE if "-of-" in head.name and re.search(_SHARD, head.name) else Claim.NO


def record(head: Head) -> Claim:
    """TFRecord and event files."""
    length = int.from_bytes(head.start[:8], "little")
    if head.size < _RECORD_LEAST or length > head.size - _RECORD_LEAST:
        return Claim.NO
    from assay.formats.graph.tfrecord import is_record  # noqa: PLC0415 - few files come so far

    return Claim.CERTAIN if is_record(head.start[:12], head.size) else Claim.NO


def metadata(head: Head) -> Claim:
    """What Keras keeps beside a SavedModel, and the fingerprint."""
    if head.name in ("keras_metadata.pb", "fingerprint.pb"):
        return Claim.CERTAIN if head.name == "keras_metadata.pb" else Claim.PLAUSIBLE
    return Claim.PLAUSIBLE if b"_tf_keras_" in head.start[:512] and head.start[:1] == b"\n" else Claim.NO


def tflite(head: Head) -> Claim:
    """TensorFlow Lite: the identifier of its FlatBuffer, also behind a size."""
    return Claim.CERTAIN if b"TFL3" in (head.start[4:8], head.start[8:12]) else Claim.NO


def executorch(head: Head) -> Claim:
    """ExecuTorch: its identifier, whatever the version of the schema."""
    return Claim.CERTAIN if head.start[4:6] == b"ET" and head.start[6:8].isdigit() else Claim.NO


#: First bytes of a message whose first field is one that graphs have, or of a number up to 15 that they do not.
_FIRST: Final = frozenset(number << 3 | wire for number in range(1, 16) for wire in (0, 1, 2, 3, 5)) | frozenset(
    byte for byte in range(0x80, 0x100) if byte & 7 in (0, 1, 2, 3, 5)
)


def _fields(head: Head) -> Claim:
    """Walk the outermost message: no contradiction, and something that a graph has."""
    seen = outline(head)  # which others look at as well
    if (seen.broken or seen.whole) and (1, 2) not in seen.fields and (2, 2) not in seen.fields:
        return Claim.NO
    evidence = False
    whole = Message(Memory(head.start) if head.size <= len(head.start) else head.source, Budget(), block=head.start)
    try:
        for count, found in enumerate(whole):
            if count >= FIELDS:
                return Claim.PLAUSIBLE
            if found.number <= 2 and found.wire is Wire.BYTES and found.size >= 4 and not evidence:
                evidence = _is_message(found.message())
    except FormatError:
        # A graph that breaks off is told by its nodes.
        return Claim.PLAUSIBLE if evidence else Claim.NO
    return Claim.PLAUSIBLE if evidence else Claim.NO


def _is_message(message: Message) -> bool:
    """Whether a field's value is itself a message, as far as its first fields show."""
    try:
        for count, found in enumerate(message):
            if found.number > 64:
                return False
            if count >= 8:
                return True
    except FormatError:
        return False
    return True


_GRAPH: Final = "assay.formats.graph."
SIGNATURES: Final = (
    Signature(
        "tensorflow", "TensorFlow graph", _GRAPH + "tensorflow",
        frozenset({".pb", ".meta", ".graph", ".graphdef"}), graph,
        starts=_FIRST, endings=frozenset({".pb", ".meta", ".cpb"}),
    ),
    Signature(
        "tensorflow-text", "TensorFlow graph in text form", _GRAPH + "tensorflow_text",
        _TEXT_SUFFIXES, text, starts=TEXT_STARTS, endings=_TEXT_SUFFIXES,
    ),
    Signature(
        "tensorflow-metadata", "Keras metadata of a SavedModel", _GRAPH + "tensorflow_metadata",
        frozenset({".pb"}), metadata, starts=frozenset(b"\n"), endings=frozenset({".pb"}),
    ),
    Signature(
        "tensorflow-checkpoint", "TensorFlow checkpoint index", _GRAPH + "tensorflow_checkpoint",
        frozenset({".index"}), checkpoint,
    ),
    Signature("tensorflow-shard", "TensorFlow checkpoint data", _GRAPH + "tensorflow_checkpoint", frozenset(), shard),
    Signature(
        "tfrecord", "TFRecord data", _GRAPH + "tfrecord", frozenset({".tfrecord", ".tfrecords", ".tfevents", ".v2"}),
        record, harmless=True,
    ),
    Signature("tflite", "TensorFlow Lite model", _GRAPH + "tflite", frozenset({".tflite", ".lite", ".task"}), tflite),
    Signature("executorch", "ExecuTorch program", _GRAPH + "executorch", frozenset({".pte"}), executorch),
)  # fmt: skip
