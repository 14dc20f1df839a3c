"""Python code in a Keras configuration: where it stands, and what its names say it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core.errors import FormatError
from assay.formats.hdf5.keras import Json, KerasObject, decoded
from assay.formats.program import marshal
from assay.formats.source import Memory
from assay.scan.callables.harm import Harm, harm_of
from assay.scan.keras.objects import LAMBDA, LAMBDA_CODE

#: Settings of a Lambda layer that may be functions.
_FUNCTIONS: Final = ("function", "output_shape", "mask")
#: Modules that code is most often after.
_MODULES: Final = ("builtins", "os", "posix", "subprocess", "socket", "shutil", "importlib", "ctypes", "pickle", "sys")


def codes_of(found: KerasObject) -> Iterator[tuple[str, bytes]]:
    """Marshalled code of an object, with the setting it stands in; empty bytes when it cannot be decoded."""
    if found.class_name == LAMBDA_CODE:
        for key in ("code", "value"):
            code = _code(found.get(key))
            if code is not None:
                yield key, code
                return
        yield "code", b""
    elif found.class_name == LAMBDA or isinstance(found.get("function_type"), str):
        for key in _FUNCTIONS:
            code = _code(found.get(key))
            if code is not None:
                yield key, code


def judge(code: bytes) -> tuple[Harm | None, tuple[str, ...]]:
    """The worst that the names in some code are known for, and those names; the harm alone is what decides."""
    try:
        value = marshal.read_code(Memory(code))
    except FormatError:
        return None, ()
    names: dict[str, None] = {}
    for part in marshal.walk(value):
        names.update(dict.fromkeys(part.names))
        names.update(dict.fromkeys(item for item in part.constants if isinstance(item, str) and item.isidentifier()))
    for name in names:
        for module in _MODULES:
            harm = harm_of(f"{module}.{name}")
            if harm is not None and (module == "builtins" or module in names):
                return harm, tuple(names)
    return None, tuple(names)


def _code(value: Json) -> bytes | None:
    """Bytecode in base 64, alone or first of a list or tuple with defaults and closure.

    Only code is written as such a list: where it cannot be decoded it is empty, not none.
    """
    if isinstance(value, dict):
        value = value.get("items")
    listed = isinstance(value, list)
    if isinstance(value, list) and value:
        value = value[0]
    data = decoded(value)
    # The first byte of a marshalled code object, with or without the mark of something referred to.
    if data is not None and data[:1] in (b"c", b"\xe3"):
        return data
    return b"" if listed and isinstance(value, str) else None
