"""Paths that Python source puts together, as far as they are known: where it writes, and what it reads."""

from __future__ import annotations

from typing import Final

from assay.formats.repository.python_constants import Made, Value, constant, is_secret_place

#: What gives a path, and what puts one together of pieces.
PATH: Final = frozenset(
    {"pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath", "pathlib.Path.home", "pathlib.Path.cwd"}
)
JOINS: Final = frozenset(
    {"os.path.join", "os.path.expanduser", "os.path.expandvars", "os.path.abspath", "posixpath.join"}
)
#: What gives the folder that packages are installed in.
SITE: Final = ("site.get", "sysconfig.get_path", "distutils.sysconfig.get_python_lib")
_SAME: Final = frozenset({"expanduser", "resolve", "absolute", "as_posix"})
#: Stands for a piece that is not known.
UNKNOWN: Final = "\u2026"
MAX_PATH: Final = 4096


def below(values: list[Value], dotted: str = "pathlib.Path") -> Value:
    """The path that pieces make, with a sign for each that is not known; nothing when none is."""
    pieces = [_piece(value) for value in values]
    if dotted == "pathlib.Path.home":
        pieces = ["~"]
    if not pieces or all(piece == UNKNOWN for piece in pieces):
        return Made(dotted) if dotted in PATH else None
    text = "/".join(piece.rstrip("/") or piece for piece in pieces)
    return Made(dotted, constant=text[:MAX_PATH])


def path_method(whole: Made, attr: str, values: list[Value]) -> Value:
    """What a method of a path gives."""
    if attr == "joinpath":
        return below([whole, *values])
    if attr in _SAME:
        return whole
    secret = is_secret_place(whole.constant)
    return Made(f"pathlib.Path().{attr}", frozenset({"credentials"}) if secret else frozenset())


def _piece(value: Value) -> str:
    known = constant(value)
    if isinstance(known, str):
        return known
    return "site-packages" if isinstance(value, Made) and value.dotted.startswith(SITE) else UNKNOWN
