"""What an ONNX graph declares about its values, against the tensors that it fills them with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assay.formats.graph.onnx_tensor import MAX_DIMENSIONS, TYPES, Proto
from assay.formats.graph.protobuf import Field, Message, Wire


@dataclass(frozen=True, slots=True)
class Declared:
    """A ``ValueInfoProto`` about a tensor.

    :param type: the element type's number; 0 when it is left open
    :param dims: sizes, ``None`` for one that is left open; ``None`` for all when the rank is
    """

    name: str
    type: int
    dims: tuple[int | None, ...] | None


def contradictions(fields: Iterable[Field], tensors: dict[str, Proto]) -> Iterator[tuple[Proto, str]]:
    """Tensors that are declared as something else, each with the end of a sentence that begins with it.

    :param fields: the graph's inputs and values
    :param tensors: name → initialiser
    :raises FormatError: an encoding is broken
    """
    for field in fields:
        declared = _declared(field.message(), tensors)
        if declared is not None and _differs(declared, proto := tensors[declared.name]):
            yield proto, f"is {_shown(proto.type, proto.dims)}, and declared as {_shown(declared.type, declared.dims)}"


def _differs(declared: Declared, proto: Proto) -> bool:
    if declared.type and proto.type and declared.type != proto.type:
        return True
    if declared.dims is None or None in declared.dims:
        return declared.dims is not None and len(declared.dims) != len(proto.dims)
    count = 1
    for size in declared.dims:
        count *= size or 0
    # Of a single number some exporters drop the axis.
    return list(declared.dims) != proto.dims and not count == proto.elements == 1


def _declared(message: Message, tensors: dict[str, Proto]) -> Declared | None:
    """What is declared; ``None`` for a value that is no tensor of the graph's own."""
    name, kind = "", None
    for one in message:
        if one.number == 1:
            name = one.text()[:1000]
            if name not in tensors:
                return None
        elif one.number == 2 and one.wire is Wire.BYTES:
            kind = one
    for one in kind.message() if name and kind is not None else ():
        if one.number == 1 and one.wire is Wire.BYTES:
            return _tensor_type(name, one.message())
    return None


def _tensor_type(name: str, message: Message) -> Declared:
    number, dims = 0, None
    for one in message:
        if one.number == 1 and one.wire is Wire.VARINT:
            number = one.value
        elif one.number == 2 and one.wire is Wire.BYTES:
            dims = tuple(_size(axis.message()) for axis in one.message() if axis.number == 1)[:MAX_DIMENSIONS]
    return Declared(name, number, dims)


def _size(message: Message) -> int | None:
    return next(
        (one.signed for one in message if one.number == 1 and one.wire is Wire.VARINT and one.signed >= 0), None
    )


def _shown(number: int, dims: Iterable[int | None] | None) -> str:
    sizes = "" if dims is None else "[" + ", ".join("?" if size is None else f"{size:,}" for size in dims) + "]"
    return f"{TYPES.get(number, ('of any type', 0))[0]}{sizes}"
