"""Python source → its syntax tree, by Python's own parser, which is asked nothing that it might not survive."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Final

from assay.core.errors import FormatError

#: Operators in one row that no person writes: Python's own parser may run out of stack on them.
MAX_ROW: Final = 3_000
#: Signs that part expressions, strings and comments aside, in one source; ordinary ones have up to some 60,000.
#: Python's own parser takes about a KiB for each.
MAX_PARTS: Final = 250_000
_PARTING: Final = b",=([{.:;+-*/%&|^~<>@\n"
_WORDS: Final = (
    rb"#[^\n]*|\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*+\"\"\"|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*+\'\'\'"
    rb"|\"(?:[^\"\\\n]|\\.)*+\"|\'(?:[^\'\\\n]|\\.)*+\'"
)


def parse(data: bytes) -> ast.Module:
    """The tree of some source.

    :raises FormatError: it is no Python, as far as this Python knows, or too deep
    """
    _check_parts(data)
    _check_rows(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except SyntaxError as error:
        raise FormatError(f"cannot be parsed as Python: {error.msg} in line {error.lineno}") from error
    except ValueError as error:
        raise FormatError("cannot be parsed as Python: it contains null bytes") from error
    except (RecursionError, MemoryError) as error:
        raise FormatError("cannot be parsed as Python: it is nested too deeply") from error


def _check_parts(data: bytes) -> None:
    """Refuse what would take hundreds of megabytes as a tree: a table of numbers that is written as a program.

    :raises FormatError: it would
    """
    if _parts(data) > MAX_PARTS and _parts(re.sub(_WORDS, b"", data, flags=re.DOTALL)) > MAX_PARTS:
        raise FormatError(f"LIMIT parts of a Python source ({MAX_PARTS:,})")


def _parts(data: bytes) -> int:
    return len(data) - len(data.translate(None, _PARTING))


def _check_rows(data: bytes) -> None:
    """Refuse what would nest thousands of expressions without brackets: ``-----1``, ``a.b.c``, ``not not``.

    :raises FormatError: some line does
    """
    for line in data.splitlines():
        if len(line) > MAX_ROW and max(map(line.count, (b".", b"-", b"~", b"not", b"**", b"if", b"lambda"))) > MAX_ROW:
            bare = re.sub(rb"\"[^\"\\]*\"|'[^'\\]*'|\d+\.\d*|\d*\.\d+|[eE]-\d", b"", line)
            if max(map(bare.count, (b".", b"~", b"not", b"**", b"if", b"lambda"))) > MAX_ROW or b"-" * 100 in bare:
                raise FormatError("cannot be parsed as Python: it is nested too deeply")
