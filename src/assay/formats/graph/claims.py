"""How ONNX, Core ML, OpenVINO, Paddle, MXNet, Caffe, NCNN, TensorRT, RKNN, CNTK and XML are recognised."""

from __future__ import annotations

import re
from typing import Final

from assay.formats.graph.onnx_tensor import TYPES
from assay.formats.graph.wire import Outline, inside, outline
from assay.formats.signature import Claim, Head, Signature

#: Outermost fields of an ONNX model that are bytes.
_ONNX_BYTES: Final = frozenset({2, 3, 4, 6, 7, 8, 14, 20, 25, 26})
#: Fields of a tensor without axes: data type, name, note, numbers.
_SCALAR_FIELDS: Final = frozenset({(2, 0), (8, 2), (12, 2), (9, 2)})
_COREML_KINDS: Final = frozenset(
    {200, 201, 202, 300, 301, 302, 303, 304, 400, 401, 402, 403, 404, 500, 501, 502, 555, 556, 560, 600, 601, 602, 603,
     604, 606, 607, 609, 610, 900, 2000, 2001, 2002, 2003, 2004, 2005, 2006, 3000}
)  # fmt: skip
_XML_SPACE: Final = b" \t\r\n"
_XML_STARTS: Final = frozenset(b"<\0\xef\xff\xfe" + _XML_SPACE)
_JSON_STARTS: Final = frozenset(b"{" + _XML_SPACE)
_PROTOTXT: Final = rb"(?m)^\s*(?:layers?|input_param)\s*:?\s*\{"
_MXNET_PARAMS: Final = (0x112).to_bytes(16, "little")
_CNTK_V1: Final = b"B\0C\0N\0"
_TENSORRT: Final = frozenset({".engine", ".trt", ".plan"})


def _onnx(head: Head) -> Claim:
    named = head.suffix == ".onnx"
    found = outline(head)
    fields = found.fields
    if (7, 2) in fields:
        version, opsets = (1, 0) in fields, (8, 2) in fields
        odd = sum(1 for number, wire in fields if number in _ONNX_BYTES and wire != 2)
        if version and opsets and not odd and 0 < fields[1, 0] < 1000 and _graph(head, fields[7, 2]):
            return Claim.CERTAIN
        return Claim.PLAUSIBLE
    if _tensor(fields) or (found.whole and _scalar(found)):
        return Claim.PLAUSIBLE
    # A field that nobody knows may be as long as it likes and stand before the rest.
    pending = not found.whole and not found.broken and bool(fields)
    return Claim.PLAUSIBLE if named or pending else Claim.NO


def _onnx_runtime(head: Head) -> Claim:
    return Claim.CERTAIN if head.start[4:8] == b"ORTM" else Claim.NO


def _graph(head: Head, position: int) -> bool:
    number, wire = inside(head, position)
    return wire == 2 and number in {1, 2, 5, 10, 11, 12, 13, 14, 15, 16}


def _tensor(fields: dict[tuple[int, int], int]) -> bool:
    """Whether it may be a single tensor: a data type, and numbers or the file that has them."""
    kind = fields.get((2, 0), 0)
    numbers = any(number in fields for number in ((9, 2), (4, 2), (5, 2), (6, 2), (7, 2), (10, 2), (11, 2), (13, 2)))
    return 0 < kind <= 32 and numbers and ((1, 0) in fields or (1, 2) in fields or (13, 2) in fields)


def _scalar(found: Outline) -> bool:
    """Whether it may be a tensor without axes: a data type and as many bytes as one number of it has."""
    bits = TYPES.get(found.fields.get((2, 0), 0), ("", 0))[1]
    return bits > 0 and found.sizes.get((9, 2), 0) * 8 == max(bits, 8) and found.fields.keys() <= _SCALAR_FIELDS


def _coreml(head: Head) -> Claim:
    found = outline(head)
    version = found.fields.get((1, 0), 0)
    if 0 < version < 1000 and any(wire == 2 and number in _COREML_KINDS for number, wire in found.fields):
        return Claim.CERTAIN if (2, 2) in found.fields else Claim.PLAUSIBLE
    pending = not found.whole and not found.broken and bool(found.fields)
    return Claim.PLAUSIBLE if head.suffix == ".mlmodel" or pending else Claim.NO


def _paddle(head: Head) -> Claim:
    fields = outline(head).fields
    if (1, 2) in fields and inside(head, fields[1, 2]) == (1, 0):
        start = head.source.read(fields[1, 2], 4) if fields[1, 2] >= 4096 else head.start[fields[1, 2] :][:4]
        if start[:1] == b"\x08" and start[2:3] == b"\x10":
            return Claim.PLAUSIBLE
    # Parameters: version, no levels of detail, version, the length of a small description that names a type first.
    if head.start[:16] == bytes(16) and 0 < int.from_bytes(head.start[16:20], "little") <= 4096:
        return Claim.PLAUSIBLE if head.start[20:21] == b"\x08" else Claim.NO
    return Claim.PLAUSIBLE if head.suffix in {".pdmodel", ".pdiparams"} or head.name == "__model__" else Claim.NO


def _paddle_json(head: Head) -> Claim:
    return Claim.PLAUSIBLE if head.start[:1] in b"{ \t\r\n" and b'"pir"' in head.start else Claim.NO


def _caffemodel(head: Head) -> Claim:
    if head.text:
        if head.suffix == ".prototxt":
            return Claim.PLAUSIBLE
        return Claim.PLAUSIBLE if re.search(_PROTOTXT, head.start) and b"type" in head.start else Claim.NO
    fields = outline(head).fields
    if head.suffix == ".caffemodel":
        return Claim.PLAUSIBLE
    for number in (100, 2):
        if (number, 2) in fields and (1, 2) in fields and inside(head, fields[number, 2]) in {(1, 2), (2, 2), (4, 2)}:
            return Claim.PLAUSIBLE
    return Claim.NO


def _ncnn(head: Head) -> Claim:
    return Claim.CERTAIN if head.start.lstrip()[:8].rstrip() == b"7767517" else Claim.NO


def _mxnet(head: Head) -> Claim:
    if head.start[:16] == _MXNET_PARAMS:
        return Claim.CERTAIN
    if head.start.lstrip(_XML_SPACE)[:1] != b"{":
        return Claim.NO
    if b'"nodes"' in head.start and b'"op"' in head.start:
        return Claim.PLAUSIBLE
    return Claim.PLAUSIBLE if head.name.lower().endswith("-symbol.json") else Claim.NO


def _coreml_weights(head: Head) -> Claim:
    marked = head.start[64:68] == b"\xef\xbe\xad\xde" and head.start[4:8] == b"\x02\0\0\0"
    return Claim.CERTAIN if marked else Claim.NO


def _mlpackage(head: Head) -> Claim:
    return Claim.PLAUSIBLE if b'"itemInfoEntries"' in head.start and head.start[:1] in b"{ \t\r\n" else Claim.NO


def _xml(head: Head) -> Claim:
    start = head.start
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"} or start[:4] in {b"<\0?\0", b"\0<\0?"}:
        return Claim.PLAUSIBLE if b"<" in start[:64] else Claim.NO
    if start[:3] == b"\xef\xbb\xbf":
        start = start[3:]
    start = start.lstrip(_XML_SPACE)
    if start[:5] == b"<?xml":
        return Claim.CERTAIN
    marked = start[:1] == b"<" and (start[1:2] in {b"?", b"!", b"_"} or start[1:2].isalpha())
    return Claim.PLAUSIBLE if marked else Claim.NO


def _openvino(head: Head) -> Claim:
    if not _xml(head):
        return Claim.NO
    start = head.start.replace(b"\0", b"")
    return Claim.PLAUSIBLE if b"<net" in start or b"<Net" in start or _unseen(head) else Claim.NO


def _unseen(head: Head) -> bool:
    """Whether the root element may stand beyond the first bytes."""
    return head.size > len(head.start) and head.start.count(b"<") - head.start.count(b"<!") <= 2


def _tensorrt(head: Head) -> Claim:
    if head.start[:4] in {b"ftrt", b"ptrt"}:
        return Claim.CERTAIN
    return Claim.PLAUSIBLE if head.suffix in _TENSORRT and not head.text else Claim.NO


def _rknn(head: Head) -> Claim:
    return Claim.CERTAIN if head.start[:4] == b"RKNN" else Claim.NO


def _cntk(head: Head) -> Claim:
    if head.start.startswith(_CNTK_V1):
        return Claim.CERTAIN
    start = head.start
    return Claim.CERTAIN if b"\x0a\x07version" in start and b"\x0a\x03uid" in start else Claim.NO


_ROOM: Final = "assay.formats.graph"

SIGNATURES: Final[tuple[Signature, ...]] = (
    Signature("onnx", "ONNX model", f"{_ROOM}.onnx", frozenset({".onnx", ".pb"}), _onnx),
    Signature("ort", "ONNX Runtime model", f"{_ROOM}.onnx_runtime", frozenset({".ort"}), _onnx_runtime),
    Signature("coreml", "Core ML model", f"{_ROOM}.coreml", frozenset({".mlmodel"}), _coreml),
    Signature("coreml-weights", "Core ML weights", f"{_ROOM}.coreml_weights", frozenset({".bin"}), _coreml_weights),
    Signature(
        "mlpackage", "Core ML package", f"{_ROOM}.mlpackage", frozenset({".json"}), _mlpackage, starts=_JSON_STARTS
    ),
    Signature(
        "openvino", "OpenVINO model", f"{_ROOM}.openvino", frozenset({".xml"}), _openvino, starts=_XML_STARTS
    ),
    Signature("paddle", "PaddlePaddle model", f"{_ROOM}.paddle", frozenset({".pdmodel", ".pdiparams"}), _paddle),
    Signature(
        "paddle-json", "PaddlePaddle program", f"{_ROOM}.paddle_json", frozenset({".json"}), _paddle_json,
        starts=_JSON_STARTS,
    ),
    Signature(
        "mxnet", "MXNet model", f"{_ROOM}.mxnet", frozenset({".json", ".params", ".nd"}), _mxnet,
        starts=_JSON_STARTS | {_MXNET_PARAMS[0]},
    ),
    Signature("caffe", "Caffe model", f"{_ROOM}.layers", frozenset({".prototxt", ".caffemodel"}), _caffemodel),
    Signature(
        "ncnn", "NCNN model", f"{_ROOM}.layers", frozenset({".param"}), _ncnn, starts=frozenset(b"7 \t\n\r\x0b\x0c")
    ),
    Signature(
        "tensorrt", "TensorRT engine", f"{_ROOM}.opaque", _TENSORRT, _tensorrt, starts=frozenset(b"fp"),
        endings=_TENSORRT,
    ),
    Signature("rknn", "RKNN model", f"{_ROOM}.opaque", frozenset({".rknn"}), _rknn, starts=frozenset(b"R")),
    Signature("cntk", "CNTK model", f"{_ROOM}.opaque", frozenset({".cntk", ".dnn", ".cmf", ".model"}), _cntk),
    Signature(
        "xml", "XML document", f"{_ROOM}.xml", frozenset({".xml", ".pmml", ".xsd", ".svg"}), _xml, harmless=True,
        starts=_XML_STARTS,
    ),
)  # fmt: skip
