"""TensorFlow's readers: every operation of every layout is seen, with what it is given."""

from __future__ import annotations

import contextlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph import tensorflow, tensorflow_checkpoint, tensorflow_metadata, tensorflow_text, tfrecord
from assay.formats.graph.tensorflow_claims import SIGNATURES, checkpoint, graph, record, shard
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat


def field(number: int, *parts: bytes) -> bytes:
    """A field of bytes."""
    data = b"".join(parts)
    size, length = b"", len(data)
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + data


def node(name: str, op: str, *inputs: str, **attributes: bytes) -> bytes:
    """A NodeDef; attributes are AttrValues."""
    return (
        field(1, name.encode()) + field(2, op.encode()) + b"".join(field(3, each.encode()) for each in inputs)
        + b"".join(field(5, field(1, key.encode()), field(2, value)) for key, value in attributes.items())
    )  # fmt: skip


def constant(name: str, text: str) -> bytes:
    """A node with a constant text."""
    return node(name, "Const", value=field(8, b"\x08\x07", field(8, text.encode())))


def function(name: str, *nodes: bytes) -> bytes:
    """A FunctionDef."""
    return field(1, field(1, name.encode())) + b"".join(field(3, each) for each in nodes)


def graph_of(*nodes: bytes, functions: tuple[bytes, ...] = ()) -> bytes:
    """A GraphDef."""
    library = field(2, *(field(1, each) for each in functions)) if functions else b""
    return b"".join(field(1, each) for each in nodes) + library


def saved_model(graph_def: bytes, more: bytes = b"") -> bytes:
    """A SavedModel."""
    return b"\x08\x01" + field(2, field(1, field(4, b"serve")) + field(2, graph_def) + more)


def opened(data: bytes, name: str = "m.pb") -> tensorflow.TensorFlow:
    """The view."""
    return tensorflow.read(Memory(data), Budget(), name)


GRAPH = graph_of(
    constant("path", "/etc/passwd"),
    node("write", "WriteFile", "path:0", "^other"),
    node("call", "PartitionedCall", f=field(10, field(1, b"inner"))),
    functions=(
        function("inner", node("read", "ReadFile")),
        function("other", node("print", "PrintV2", output_stream=field(2, b"file:///x"))),
    ),
)  # fmt: skip


@pytest.mark.parametrize("data", [GRAPH, field(2, GRAPH), saved_model(GRAPH)])
def test_operations_are_found_in_every_layout(data: bytes) -> None:
    """A bare graph, a meta-graph and a SavedModel: nodes, functions, constants, attributes."""
    assert graph(Head(Memory(data), "m.bin")) is Claim.PLAUSIBLE
    view = opened(data)
    assert not view.problems
    assert set(view.uses) == {"Const", "WriteFile", "PartitionedCall", "ReadFile", "PrintV2"}
    assert view.uses["WriteFile"].places[0].given == "/etc/passwd"
    assert view.uses["ReadFile"].places[0].graph == "inner"
    assert view.uses["PrintV2"].places[0].texts == (("output_stream", "file:///x"),)
    assert view.functions == {"inner", "other"}
    assert set(view.references) == {"inner"}


def test_a_graph_that_reads_as_two_layouts_is_read_as_both() -> None:
    """A library whose gradients read as nodes of a meta-graph hides nothing of the graph itself."""
    decoy = field(2, field(2, field(1, node("a", "Identity"))))
    view = opened(field(1, node("w", "WriteFile")) + decoy)
    assert {"WriteFile", "Identity"} <= set(view.uses)


def test_unknown_fields_in_front_hide_nothing() -> None:
    """Parsers skip what they do not know, and so does the recogniser."""
    data = b"".join(field(9, bytes(5000)) for _ in range(100)) + GRAPH
    assert graph(Head(Memory(data), "m.bin")) is Claim.PLAUSIBLE
    assert "WriteFile" in opened(data).uses


def test_what_stands_before_a_break_is_kept() -> None:
    """A graph that is cut off is told as such, with the operations before the cut."""
    view = opened(GRAPH[:-5])
    assert "WriteFile" in view.uses
    assert view.problems


def test_assets_and_metadata_are_given_on() -> None:
    """Assets by name, and what Keras wrote beside the objects as configurations to read."""
    user = field(4, field(1, b"_tf_keras_layer"), field(3, b'{"class_name": "Lambda"}'))
    more = field(6, field(2, b"../../etc/passwd")) + field(7, field(1, user))
    view = opened(saved_model(GRAPH, more))
    assert [asset.filename for asset in view.assets] == ["../../etc/passwd"]
    (member,) = view.members()
    assert member.expected == ("keras-config",)


def test_weights_in_constants_are_tensors() -> None:
    """Raw numbers of a frozen graph are windows on the file."""
    shape = field(2, field(2, b"\x08\x80\x04"))
    data = graph_of(node("w", "Const", value=field(8, b"\x08\x01", shape, field(4, bytes(2048)))))
    (tensor,) = opened(data).tensors()
    assert (tensor.name, tensor.dtype, tensor.shape, tensor.source.size) == ("w", "float32", (512,), 2048)


@pytest.mark.parametrize(
    "data", [b"", b"\x0a\x04name", b"\n\n\n\n\n\n\n\n", b"PK\x03\x04" * 9, bytes(64), b"\x80\x04K\x01." * 9]
)
def test_other_bytes_are_no_graph(data: bytes) -> None:
    """Nothing is accused of being a graph."""
    with pytest.raises(NotThisFormat):
        opened(data)


def test_a_saved_model_that_cannot_be_read_is_told() -> None:
    """The name makes it one, whatever is in it."""
    with pytest.raises(FormatError) as error:
        opened(b"\xff" * 40, "saved_model.pb")
    assert not isinstance(error.value, NotThisFormat)


def test_the_text_form_is_read() -> None:
    """Nodes, functions and escaped texts of ``graph.pbtxt``."""
    text = b"""
    # a comment
    node { name: "path" op: "Const" attr { key: "value" value {
        tensor { dtype: DT_STRING string_val: "/etc/\\160asswd" } } } }
    node < name: 'w'  op: "WriteFile"  input: "path" >
    library { function { signature { name: "f" } node_def { name: "r" op: "Read" "File" } } }
    meta_graphs { asset_file_def { filename: "../x" } }
    """
    view = tensorflow_text.read(Memory(text), Budget(), "graph.pbtxt")
    assert view.uses["WriteFile"].places[0].given == "/etc/passwd"
    assert view.functions == {"f"}
    assert "ReadFile" in view.uses
    assert [asset.filename for asset in view.assets] == ["../x"]


def test_a_checkpoint_names_its_data() -> None:
    """The index of variables, and the file of raw numbers beside it."""

    def block(*entries: tuple[bytes, bytes]) -> bytes:
        body = b"".join(bytes([0, len(key), len(value)]) + key + value for key, value in entries)
        return body + struct.pack("<II", 0, 1)

    data = block((b"", b"\x08\x02"), (b"w", b"\x08\x01\x12\x04\x12\x02\x08\x04\x28\x10"))
    index = block((b"w", bytes([0, len(data)])))
    footer = bytes([0, 0, len(data) + 5, len(index)]).ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")
    whole = data + bytes(5) + index + bytes(5) + footer
    assert checkpoint(Head(Memory(whole), "x")) is Claim.CERTAIN
    view = tensorflow_checkpoint.read(Memory(whole), Budget(), "variables.index")
    assert isinstance(view, tensorflow_checkpoint.Checkpoint)
    assert [(entry.name, entry.dtype, entry.shape, entry.size) for entry in view.entries] == [
        ("w", "float32", (4,), 16)
    ]
    *weights, ranges = view.facts()
    assert [fact.value for fact in weights] == ["variables.data-00000-of-00002", "variables.data-00001-of-00002"]
    assert json.loads(ranges.value)[2:] == [0, 16, ["variables.data-00000-of-00002"]]
    broken = tensorflow_checkpoint.read(Memory(bytes(len(data)) + whole[len(data) :]), Budget(), "x")
    assert broken.problems


def test_a_checkpoint_s_data_are_raw_numbers() -> None:
    """Only the name says so."""
    name = "variables.data-00000-of-00001"
    assert shard(Head(Memory(bytes(9)), name)) is Claim.PLAUSIBLE
    (tensor,) = tensorflow_checkpoint.read(Memory(bytes(9)), Budget(), name).tensors()
    assert tensor.shape == (9,)


def test_records_are_harmless_data() -> None:
    """A record is recognised by the checksum of its length."""
    head = struct.pack("<Q", 4)
    data = (head + struct.pack("<I", tfrecord.masked(head)) + b"data" + bytes(4)) * 3
    assert record(Head(Memory(data), "x")) is Claim.CERTAIN
    assert tfrecord.read(Memory(data), Budget(), "x").count == 3
    assert record(Head(Memory(b"\x05" + data[1:]), "x")) is Claim.NO


def test_keras_metadata_are_configurations() -> None:
    """``keras_metadata.pb`` holds the configuration of each layer."""
    data = field(
        1, b"\x10\x01", field(3, b"root.layer-0"), field(4, b"_tf_keras_layer"), field(5, b'{"class_name": "L"}')
    )
    (member,) = tensorflow_metadata.read(Memory(data), Budget(), "keras_metadata.pb").members()
    assert (member.name, member.expected) == ("root.layer-0", ("keras-config",))


@given(st.binary(max_size=300), st.sampled_from([b"", GRAPH[:60], saved_model(GRAPH)[:90], b"node {"]))
def test_any_bytes_end(data: bytes, start: bytes) -> None:
    """Recognising never raises, reading only our own error."""
    whole = start + data
    for name in ("m.bin", "saved_model.pb", "v.data-00000-of-00001", "g.pbtxt", "fingerprint.pb", "keras_metadata.pb"):
        for signature in SIGNATURES:
            signature.claims(Head(Memory(whole), name))
            with contextlib.suppress(FormatError):
                view = signature.read(Memory(whole), Budget(), name)
                list(view.members())
                list(view.tensors())


@given(st.integers(0, len(GRAPH)), st.binary(min_size=1, max_size=4))
def test_mutated_graphs_end(place: int, piece: bytes) -> None:
    """One change anywhere."""
    data = GRAPH[:place] + piece + GRAPH[place + len(piece) :]
    with contextlib.suppress(FormatError):
        list(opened(saved_model(data)).tensors())
