"""Reading fields of a predicate that somebody signed: typed, or a clear error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime

from assay.core.errors import StatementError
from assay.core.jsontext import Json

JsonObject = Mapping[str, Json]


def mapping(parent: JsonObject, key: str) -> JsonObject:
    """The JSON object under ``key``; empty when it is not there."""
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise StatementError(f"the field {key} must be a JSON object")
    return value


def items(parent: JsonObject, key: str) -> tuple[JsonObject, ...]:
    """The list of JSON objects under ``key``; empty when it is not there."""
    value = parent.get(key, [])
    if not isinstance(value, list):
        raise StatementError(f"the field {key} must be a list")
    found = tuple(item for item in value if isinstance(item, dict))
    if len(found) != len(value):
        raise StatementError(f"the field {key} must be a list of JSON objects")
    return found


def text(parent: JsonObject, key: str) -> str:
    """The text under ``key``, which must be there."""
    value = parent.get(key)
    if not isinstance(value, str):
        raise StatementError(f"the field {key} must be text")
    return value


def texts(parent: JsonObject, key: str) -> tuple[str, ...]:
    """The list of texts under ``key``; empty when it is not there."""
    value = parent.get(key, [])
    if not isinstance(value, list):
        raise StatementError(f"the field {key} must be a list")
    found = tuple(item for item in value if isinstance(item, str))
    if len(found) != len(value):
        raise StatementError(f"the field {key} must be a list of texts")
    return found


def numbers(parent: JsonObject, key: str) -> dict[str, float]:
    """The JSON object of finite numbers under ``key``; empty when it is not there."""
    found: dict[str, float] = {}
    for name, value in mapping(parent, key).items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise StatementError(f"the field {key}.{name} must be a finite number")
        found[name] = float(value)
    return found


def optional_text(parent: JsonObject, key: str) -> str:
    """The text under ``key``; empty when it is not there or null."""
    return text(parent, key) if parent.get(key) is not None else ""


def optional_integer(parent: JsonObject, key: str) -> int | None:
    """The whole number under ``key``; ``None`` when it is not there or null."""
    value = parent.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise StatementError(f"the field {key} must be a whole number")
    return value


def day(parent: JsonObject, key: str) -> str:
    """The day under ``key``, which must be there, as ``YYYY-MM-DD``."""
    value = text(parent, key)
    try:
        exact = date.fromisoformat(value).isoformat() == value
    except ValueError:
        exact = False
    if not exact:
        raise StatementError(f"the field {key} must be a day like 2026-01-31")
    return value


def time(parent: JsonObject, key: str) -> datetime:
    """The RFC 3339 time under ``key``, which must be there, in UTC."""
    value = text(parent, key)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise StatementError(f"the field {key} must be a time like 2026-01-31T12:00:00Z") from error
    if moment.tzinfo is None:
        raise StatementError(f"the field {key} must say its time zone")
    return moment.astimezone(UTC)


def render_time(moment: datetime) -> str:
    """``moment`` as RFC 3339 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
