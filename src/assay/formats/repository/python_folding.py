"""Constants of Python source that are put together or decoded, worked out without running anything."""

from __future__ import annotations

import ast
import base64
import binascii
import bz2
import codecs
import lzma
import zlib
from typing import Final

from assay.formats.repository.python_constants import MAX_CONSTANT, Made, Named, Value, constant, kept, origins

#: Methods of text and bytes that keep what they say.
_SAME: Final = frozenset({"strip", "decode", "encode", "lstrip", "rstrip"})


def combined(op: ast.operator, one: Value, other: Value) -> Value:
    """What an operator makes of two values."""
    left, right = constant(one), constant(other)
    if isinstance(op, ast.Add):
        if isinstance(left, str) and isinstance(right, str) and len(left) + len(right) <= MAX_CONSTANT:
            return kept(left + right, one, other)
        if isinstance(left, bytes) and isinstance(right, bytes) and len(left) + len(right) <= MAX_CONSTANT:
            return kept(left + right, one, other)
    if isinstance(op, ast.Mod) and isinstance(left, str) and isinstance(right, str) and left.count("%") == 1:
        return kept(left.replace("%s", right), one, other)
    return mixed([one, other])


def mixed(values: list[Value]) -> Value:
    """Several values seen as one: all that is known is where its content comes from."""
    found = frozenset[str]().union(*map(origins, values))
    return Made("", found) if found else None


def collected(keys: list[object], values: list[Value]) -> Value:
    """A list or dictionary: as :func:`mixed`, with the callables in it."""
    whole = mixed(values)
    parts = tuple((key, value) for key, value in zip(keys, values, strict=True) if isinstance(value, Named))
    return Made("", origins(whole), None, parts) if parts else whole


def filled(pattern: str, values: list[str | bytes | int | None]) -> str | None:
    """What ``%`` makes of a text with ``%s`` in it, as many as there are values."""
    pieces = pattern.split("%s")
    if len(pieces) != len(values) + 1 or not all(isinstance(value, str) for value in values):
        return None
    text = pieces[0] + "".join(f"{value!s}{piece}" for value, piece in zip(values, pieces[1:], strict=True))
    return text if len(text) <= MAX_CONSTANT else None


def joined(parts: list[Value], between: str) -> Value:
    """The text that pieces make."""
    texts = [constant(part) for part in parts]
    if all(isinstance(text, str) for text in texts):
        text = between.join(text for text in texts if isinstance(text, str))
        return kept(text, *parts) if len(text) <= MAX_CONSTANT else None
    return mixed(parts)


def text_method(whole: str | bytes, attr: str, values: list[str | bytes | int | None]) -> str | bytes | None:  # noqa: PLR0911 - one branch for each method
    """What a method of a constant gives."""
    if attr in _SAME:
        if isinstance(whole, bytes):
            return whole.decode("utf-8", "replace") if attr == "decode" else whole.strip()
        return whole.encode("utf-8", "surrogatepass") if attr == "encode" else whole.strip()
    if isinstance(whole, bytes):
        return None
    match attr, values:
        case ("lower", _):
            return whole.lower()
        case ("upper", _):
            return whole.upper()
        case ("swapcase", _):
            return whole.swapcase()
        case ("replace", [str() as old, str() as new]) if old and len(whole) * max(1, len(new)) <= MAX_CONSTANT:
            return whole.replace(old, new)
        case ("format", _) if all(isinstance(value, str) for value in values) and whole.count("{}") == len(values):
            pieces = whole.split("{}")
            filled = zip(values, pieces[1:], strict=True)
            return pieces[0] + "".join(value + piece for value, piece in filled if isinstance(value, str))
    return None


def decoded(dotted: str, first: str | bytes | int | None, second: object) -> str | bytes | None:  # noqa: PLR0911 - one branch for each decoder
    """What a decoder would give for a constant, as far as it stays small."""
    if not isinstance(first, str | bytes) or len(first) > MAX_CONSTANT:
        return None
    raw = first.encode("utf-8", "surrogatepass") if isinstance(first, str) else first
    try:
        match dotted:
            case "base64.b64decode" | "base64.decodebytes" | "base64.standard_b64decode" | "binascii.a2b_base64":
                return binascii.a2b_base64(raw)
            case "base64.urlsafe_b64decode":
                return base64.urlsafe_b64decode(raw)
            case "base64.b85decode":
                return base64.b85decode(raw)
            case "base64.b32decode":
                return base64.b32decode(raw)
            case "base64.b16decode" | "binascii.unhexlify" | "builtins.bytes.fromhex" | "builtins.bytearray.fromhex":
                return binascii.unhexlify(b"".join(raw.split()))
            case "zlib.decompress":
                return zlib.decompressobj().decompress(raw, MAX_CONSTANT)
            case "bz2.decompress":
                return bz2.BZ2Decompressor().decompress(raw, MAX_CONSTANT)
            case "lzma.decompress":
                return lzma.LZMADecompressor(memlimit=64 << 20).decompress(raw, MAX_CONSTANT)
            case "codecs.decode" if second in ("rot13", "rot_13") and isinstance(first, str):
                return codecs.decode(first, "rot13")
            case "codecs.decode" if second in ("hex", "base64"):
                return binascii.unhexlify(raw) if second == "hex" else binascii.a2b_base64(raw)
    except (ValueError, zlib.error, OSError, EOFError, lzma.LZMAError):
        pass
    return None


def is_reversed(index: ast.Slice) -> bool:
    """Whether a slice turns its whole round."""
    match index:
        case ast.Slice(lower=None, upper=None, step=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))):
            return True
    return False
