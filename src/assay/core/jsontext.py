"""JSON that can be signed and JSON that cannot be trusted: deterministic out, strict and bounded in."""

from __future__ import annotations

import json
from typing import Any, Final, TypeAlias

from assay.core.errors import StatementError

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

#: No statement that assay reads is larger; 20,000 files of a folder take about 3 MiB.
MAX_BYTES: Final = 64 * 1024 * 1024
MAX_DEPTH: Final = 64


def dumps(value: Json) -> bytes:
    """Render ``value`` as UTF-8 JSON, keys sorted, no spaces: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def printed(value: Json) -> str:
    """Render ``value`` as JSON to be printed or kept in a file: keys as they stand, one item a line, ASCII only.

    What a terminal would obey, or a reader not see, is escaped.
    """
    return json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False)


def loads(data: bytes, *, what: str = "JSON") -> Json:
    """Read UTF-8 JSON that somebody else wrote.

    Refused: more than :data:`MAX_BYTES`, deeper than :data:`MAX_DEPTH`, a key that stands twice in one object (two
    parsers would read two different things), ``NaN`` and infinities, anything after the value.

    :raises StatementError: for each of these, naming ``what``
    """
    if len(data) > MAX_BYTES:
        raise StatementError(f"{what} is larger than {MAX_BYTES} bytes")
    try:
        value: Json = json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError as error:
        raise StatementError(f"{what} is nested too deeply") from error
    except ValueError as error:
        raise StatementError(f"{what} is not valid JSON: {error}") from error
    # What has fewer brackets than that cannot be nested so deeply: most texts need not be walked.
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise StatementError(f"{what} is nested deeper than {MAX_DEPTH} levels")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _depth(value: Json) -> int:
    deepest, pending = 0, [(value, 1)]
    while pending:
        item, level = pending.pop()
        deepest = max(deepest, level)
        if isinstance(item, dict):
            pending.extend((child, level + 1) for child in item.values())
        elif isinstance(item, list):
            pending.extend((child, level + 1) for child in item)
    return deepest
