"""A TOML table read strictly: every key is asked for, of one type, and whatever is left over is an error."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from assay.core.errors import Error

#: No file that a person writes for us is larger.
MAX_BYTES: Final = 1024 * 1024


def read_table(data: bytes, *, where: str, error: type[Error]) -> Table:
    """Parse TOML that a person wrote.

    :param where: the file's name, for messages
    :param error: the error to raise: the reader's own
    """
    if len(data) > MAX_BYTES:
        raise error(f"the file is larger than {MAX_BYTES} bytes", where=where)
    try:
        return Table(tomllib.loads(data.decode()), where=where, error=error)
    except UnicodeDecodeError as cause:
        raise error("the file is not UTF-8 text", where=where) from cause
    except (tomllib.TOMLDecodeError, RecursionError) as cause:
        raise error(f"the file is not valid TOML: {cause}", where=where) from cause


class Table:
    """One table; ``where`` names it in messages, e.g. ``assay.toml: stages.train``.

    Ask for each key with the method of its type, then call :meth:`close`: a key that nobody asked for is an error,
    with the nearest known one suggested.
    """

    def __init__(self, values: Mapping[str, object], *, where: str, error: type[Error]) -> None:
        self.where = where
        self._values = values
        self._error = error
        self._asked: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty string."""
        value = self._take(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "must be text in quotes, and not empty")
        return value

    def optional_text(self, key: str) -> str | None:
        """A non-empty string, or ``None`` when the key is not there."""
        self._asked.append(key)
        return self.text(key) if key in self._values else None

    def flag(self, key: str, default: bool) -> bool:
        """``true`` or ``false``."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(key, "must be a whole number")
        return value

    def optional_integer(self, key: str) -> int | None:
        """A whole number, or ``None`` when the key is not there."""
        self._asked.append(key)
        return self.integer(key) if key in self._values else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of distinct non-empty strings; empty when the key is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.wrong(key, "must be a list of texts in quotes")
        if len(set(value)) != len(value):
            raise self.wrong(key, "names the same thing twice")
        return tuple(value)

    def day(self, key: str) -> date:
        """A day, as TOML writes it or as text in quotes: ``2026-01-31``."""
        value = self._take(key, None)
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                value = None
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.wrong(key, "must be a day like 2026-01-31")
        return value

    def tables(self, key: str) -> tuple[Table, ...]:
        """A list of tables, ``[[key]]``; empty when the key is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, f"must be a list of tables; write [[{key}]] above each")
        return tuple(
            Table(item, where=f"{self._place(key)}[{index}]", error=self._error) for index, item in enumerate(value)
        )

    def table(self, key: str) -> Table:
        """A table; empty when the key is not there."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a table")
        return Table(value, where=self._place(key), error=self._error)

    def scalars(self) -> dict[str, str | int | float | bool]:
        """This whole table as names and plain values: text, numbers, true or false."""
        for key, value in self._values.items():
            if not isinstance(value, str | int | float):
                raise self.wrong(key, "must be text, a number, or true or false")
            if isinstance(value, float) and not math.isfinite(value):
                raise self.wrong(key, "must be a finite number")
        return dict(self._values)  # type: ignore[arg-type]  # every value was checked above

    def close(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                near = difflib.get_close_matches(key, self._asked, n=1)
                known = ", ".join(sorted(set(self._asked)))
                remedy = f"Did you mean {near[0]!r}?" if near else f"Known here: {known}." if known else ""
                raise self._error("this key is not known", where=self._place(key), remedy=remedy)

    def wrong(self, key: str, what: str, *, remedy: str = "") -> Error:
        """The error to raise about ``key``: its value is not usable, and why."""
        if key not in self._values:
            return self._error("this key is missing", where=self._place(key), remedy=remedy or f"It {what}.")
        return self._error(f"this {what}", where=self._place(key), remedy=remedy)

    def _take(self, key: str, default: object) -> object:
        self._asked.append(key)
        return self._values.get(key, default)

    def _place(self, key: str) -> str:
        return f"{self.where}.{key}" if ": " in self.where else f"{self.where}: {key}"
