"""FlatBuffers, and the two formats on them: every offset is checked before it is followed."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph import executorch, tflite
from assay.formats.graph.flatbuffer import Flatbuffer
from assay.formats.graph.tensorflow_claims import executorch as claims_executorch
from assay.formats.graph.tensorflow_claims import tflite as claims_tflite
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory


def flatbuffer(identifier: bytes, root: dict[int, object]) -> bytes:
    """A FlatBuffer: a dictionary is a table by slots, a list a vector of tables or texts, bytes a text or vector.

    A tuple of a vector's length and its bytes is a vector of numbers.
    """
    data = bytearray(4) + identifier

    def put(value: object) -> int:
        data.extend(bytes(-len(data) % 4))
        if isinstance(value, dict):
            slots = max(value, default=-1) + 1
            layout = struct.pack("<HH", 4 + 2 * slots, 4 + 8 * slots)
            layout += b"".join(struct.pack("<H", 4 + 8 * slot if slot in value else 0) for slot in range(slots))
            layout += bytes(-len(layout) % 4)
            data.extend(layout)
            place = len(data)
            data.extend(struct.pack("<i", len(layout)) + bytes(8 * slots))
            for slot, item in value.items():
                field = place + 4 + 8 * slot
                if isinstance(item, int):
                    data[field : field + 8] = struct.pack("<Q", item)
                else:
                    data[field : field + 4] = struct.pack("<I", put(item) - field)
            return place
        if isinstance(value, list):
            place = len(data)
            data.extend(struct.pack("<I", len(value)) + bytes(4 * len(value)))
            for number, item in enumerate(value):
                field = place + 4 + 4 * number
                data[field : field + 4] = struct.pack("<I", put(item) - field)
            return place
        count, content = value if isinstance(value, tuple) else (len(value), value)  # type: ignore[arg-type]
        place = len(data)
        data.extend(struct.pack("<I", count) + content + b"\0")
        return place

    data[:4] = struct.pack("<I", put(root))
    return bytes(data)


def model(**more: object) -> bytes:
    """A TFLite model with a custom operator, an external file and a tensor; ``buffers`` replaces those."""
    operators: list[object] = [{0: 32, 3: 32, 1: b"FlexAdd"}, {0: 9}]
    tensor: dict[int, object] = {0: (1, struct.pack("<I", 2)), 1: 0, 2: more.get("buffer", 1), 3: b"weights"}
    uses: list[object] = [{0: more.get("code", 0), 5: b"\x12\x09WriteFile"}]
    graph: dict[int, object] = {0: [tensor], 3: uses, 4: b"main"}
    buffers = more.get("buffers", [{}, {0: bytes(8)}])
    return flatbuffer(
        b"TFL3", {0: 3, 1: operators, 2: [graph], 4: buffers, 6: [{0: b"TFLITE_METADATA"}], 8: [{0: b"../x"}]}
    )


def opened(data: bytes) -> tflite.TFLite:
    """The view."""
    return tflite.read(Memory(data), Budget(), "m.tflite")


def test_a_tflite_model_is_read() -> None:
    """Operators, options, tensors, metadata and files outside."""
    data = model()
    assert claims_tflite(Head(Memory(data), "m.bin")) is Claim.CERTAIN
    view = opened(data)
    assert not view.problems
    assert not view.misplaced
    assert [(operator.name, operator.custom) for operator in view.operators] == [("FlexAdd", True), ("", False)]
    assert "WriteFile" in view.options[0].words
    assert [name for name, _ in view.external] == ["../x"]
    assert view.metadata == ["TFLITE_METADATA"]
    (tensor,) = view.tensors()
    assert (tensor.name, tensor.dtype, tensor.shape, tensor.source.read(0, 9)) == ("weights", "float32", (2,), bytes(8))


def test_a_zip_behind_the_model_is_ordinary() -> None:
    """Models carry metadata in an appended zip."""
    view = opened(model() + b"PK\x03\x04 and so on")
    assert not view.problems
    assert not view.misplaced


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"buffer": 40}, "does not exist"),
        ({"code": 7}, "does not exist"),
        ({"buffers": [{}, {1: 9, 2: 1 << 40}]}, "beyond the file"),
    ],
)
def test_indices_and_offsets_out_of_range_are_kept(more: dict[str, object], word: str) -> None:
    """CVE-2020-15211 and its like: what leads outside is not followed, but told."""
    assert word in opened(model(**more)).misplaced[0].what


def test_an_executorch_program_is_read() -> None:
    """Operators, delegates, and their data as members."""
    plan: dict[int, object] = {0: b"forward", 6: [{0: b"aten::add", 1: b"out"}], 7: [{0: b"XnnpackBackend"}]}
    program: dict[int, object] = {0: 0, 1: [plan], 3: [{0: b"\x7fELF and more"}], 4: [{0: 0, 1: 8}, {0: 1 << 60, 1: 8}]}
    data = flatbuffer(b"ET12" + b"eh00" + struct.pack("<IQQ", 24, 0, 64), program)
    assert claims_executorch(Head(Memory(data), "m.bin")) is Claim.CERTAIN
    view = executorch.read(Memory(data), Budget(), "m.pte")
    assert [(operator.name, operator.namespace, operator.method) for operator in view.operators] == [
        ("aten::add", "aten", "forward")
    ]
    assert [delegate.id for delegate in view.delegates] == ["XnnpackBackend"]
    assert {member.name: member.source.size for member in view.members()} == {"delegate 0": 13, "segment 0": 8}
    assert len(view.misplaced) == 1


@pytest.mark.parametrize(
    "data", [b"", b"\xff" * 8, b"\x08\0\0\0TFL3", b"\x08\0\0\0TFL3" + bytes(4), b"\x08\0\0\0TFL3" + b"\xff" * 40]
)
def test_broken_roots_are_errors(data: bytes) -> None:
    """A root that leads nowhere is our own error."""
    with pytest.raises(FormatError):
        Flatbuffer(Memory(data), Budget()).root(b"TFL3")


@given(st.integers(0, len(model())), st.binary(min_size=1, max_size=8))
def test_mutated_models_end(place: int, piece: bytes) -> None:
    """One change anywhere, in either format."""
    data = model()
    changed = data[:place] + piece + data[place + len(piece) :]
    with contextlib.suppress(FormatError):
        list(opened(changed).tensors())
    with contextlib.suppress(FormatError):
        list(executorch.read(Memory(changed), Budget(), "m").members())


@given(st.binary(max_size=200))
def test_any_bytes_end(data: bytes) -> None:
    """The same for bytes that only begin like one."""
    for start in (b"", b"\x10\0\0\0TFL3", b"\x10\0\0\0ET12"):
        with contextlib.suppress(FormatError):
            opened(start + data)
        with contextlib.suppress(FormatError):
            executorch.read(Memory(start + data), Budget(), "m")
