"""Element types: how many bits a number takes, by NumPy's name in little-endian form."""

from __future__ import annotations

from typing import Final

BITS: Final[dict[str, int]] = {
    "bool": 8,
    "int8": 8,
    "uint8": 8,
    "int16": 16,
    "uint16": 16,
    "int32": 32,
    "uint32": 32,
    "int64": 64,
    "uint64": 64,
    "float16": 16,
    "bfloat16": 16,
    "float32": 32,
    "float64": 64,
    "float128": 128,
    "complex64": 64,
    "complex128": 128,
    "complex256": 256,
    "float8_e4m3fn": 8,
    "float8_e4m3fnuz": 8,
    "float8_e5m2": 8,
    "float8_e5m2fnuz": 8,
    "float8_e8m0fnu": 8,
    "float6_e2m3fn": 6,
    "float6_e3m2fn": 6,
    "float4_e2m1fn": 4,
}

#: More axes than any framework makes.
MAX_AXES: Final = 64
#: Beyond this, products of sizes overflow in readers that count in 64 bits.
MAX_COUNT: Final = (1 << 63) - 1


def count_of(shape: tuple[int, ...]) -> int:
    """How many elements an array of this shape has: exact, whatever the sizes claim."""
    count = 1
    for size in shape:
        count *= size
    return count


def bytes_of(dtype: str, shape: tuple[int, ...]) -> int | None:
    """How many bytes an array takes; ``None`` when the element type is unknown or the bits fill no whole bytes."""
    bits = BITS.get(dtype)
    if bits is None:
        return None
    total = bits * count_of(shape)
    return total // 8 if total % 8 == 0 else None
