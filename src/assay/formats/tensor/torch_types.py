"""What PyTorch's pickles name: storages by type, and the types of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assay.formats.pickle.values import Call, Global, Items, Persistent, Value
from assay.formats.tensor.elements import BITS

#: ``torch.<this>Storage`` and ``torch.<dtype>`` → NumPy's name.
STORAGES: Final[dict[str, str]] = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64",
    "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool", "ComplexFloat": "complex64",
    "ComplexDouble": "complex128", "QInt8": "int8", "QUInt8": "uint8", "QInt32": "int32", "QUInt4x2": "uint8",
    "QUInt2x4": "uint8", "Untyped": "uint8",
}  # fmt: skip
DTYPES: Final[dict[str, str]] = {
    "float32": "float32", "float64": "float64", "float16": "float16", "bfloat16": "bfloat16", "int64": "int64",
    "int32": "int32", "int16": "int16", "int8": "int8", "uint8": "uint8", "uint16": "uint16", "uint32": "uint32",
    "uint64": "uint64", "bool": "bool", "complex64": "complex64", "complex128": "complex128",
    "float8_e4m3fn": "float8_e4m3fn", "float8_e5m2": "float8_e5m2", "float8_e4m3fnuz": "float8_e4m3fnuz",
    "float8_e5m2fnuz": "float8_e5m2fnuz", "float8_e8m0fnu": "float8_e8m0fnu",
}  # fmt: skip
_REBUILD: Final = frozenset({"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_qtensor"})


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of numbers that a pickle refers to.

    :param key: its name in the file
    :param dtype: NumPy's name; ``uint8`` for an untyped one
    :param size: bytes in it, as the pickle says
    :param offset: of the reference, in the pickle
    """

    key: str
    dtype: str
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A tensor: a look at a part of a storage.

    :param begin: its first number, counted in the storage
    :param stride: numbers from one to the next along each axis
    :param offset: of the call that makes it, in the pickle
    """

    storage: Storage
    dtype: str
    begin: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int

    @property
    def contiguous(self) -> bool:
        """Whether its numbers follow each other in the order of its axes."""
        step = 1
        for size, stride in zip(reversed(self.shape), reversed(self.stride), strict=False):
            if size != 1 and stride != step:
                return False
            step *= size
        return True


def storage_of(found: Persistent) -> Storage | None:
    """The storage that a persistent id names: ``("storage", torch.FloatStorage, "0", "cpu", 10)``."""
    pid = found.pid
    if not isinstance(pid, Items) or pid.kind != "tuple" or len(pid.items) < 5:
        return None
    word, kind, key, _, count = pid.items[:5]
    if word != "storage" or not isinstance(key, str) or not isinstance(count, int) or isinstance(count, bool):
        return None
    name = kind.name if isinstance(kind, Global) else ""
    dtype = STORAGES.get(name.removesuffix("Storage"), "uint8")
    return Storage(key, dtype, count * BITS[dtype] // 8, found.offset)


def parameter_of(call: Call) -> Parameter | None:
    """The tensor that a call makes, if it makes one out of a storage."""
    if not isinstance(call.target, Global) or call.target.name not in _REBUILD or len(call.args) < 4:
        return None
    first, begin, shape, stride = call.args[:4]
    storage = storage_of(first) if isinstance(first, Persistent) else None
    sizes, steps = _numbers(shape), _numbers(stride)
    if storage is None or not isinstance(begin, int) or sizes is None or steps is None:
        return None
    dtype = storage.dtype
    if call.target.name == "_rebuild_tensor_v3" and len(call.args) > 6 and isinstance(call.args[6], Global):
        dtype = DTYPES.get(call.args[6].name, dtype)
    return Parameter(storage, dtype, begin, sizes, steps, call.offset)


def _numbers(value: Value) -> tuple[int, ...] | None:
    if not isinstance(value, Items) or value.kind != "tuple" or value.length != len(value.items):
        return None
    found = tuple(item for item in value.items if isinstance(item, int))
    return found if len(found) == len(value.items) else None
