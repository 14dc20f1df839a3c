"""A manifest as text that ``sha256sum -c`` reads: a ``<hex>  <path>`` line per file, sorted by the paths' UTF-8 bytes.

For paths relative to a folder, the SHA-256 of this very text is the folder's ``dirHash``. Source: GNU coreutils manual,
"cksum output modes"; in-toto Attestation Framework, ``digest_set.md``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

from assay.core.digest import SHA256, Digest
from assay.core.errors import HashingError, RefusedPath
from assay.hashing.names import check_name
from assay.hashing.walk import MAX_FILES

#: Bytes of text that are read: about eight million files with paths of sixty characters.
MAX_BYTES: Final = 1024**3
_MAX_PATH: Final = 4096
# The digest, a space, and a space (text) or a star (binary): the same bytes either way on every system we run on.
_LINE: Final = re.compile(r"(?P<hex>[0-9a-fA-F]{64}) [ *](?P<path>.+)", re.DOTALL)
_REMEDY: Final = "Write the manifest with `assay hash` or `sha256sum`."


def render_manifest(files: Mapping[str, Digest]) -> bytes:
    """The lines of ``files`` (path → SHA-256): the same files give the same bytes.

    :raises HashingError: a path that a line cannot hold without ambiguity, or that is not in its shortest form
    """
    for path in files:
        _check_path(path, where=ascii(path))
    return "".join(f"{files[path].value}  {path}\n" for path in sorted(files)).encode()


def parse_manifest(data: bytes, *, where: str = "manifest") -> dict[str, Digest]:
    """Read the lines of a manifest that anyone may have written, as path → SHA-256.

    Lines may come in any order and the digits in any case. Refused: no line at all, a last line without its line
    break (it may be cut off), ``sha256sum``'s backslash escapes, other algorithms, unsafe names, parts that are empty
    or, elsewhere than in front, ``.`` or ``..``, and a path that stands twice.

    :param where: the manifest's name, for messages
    :raises HashingError: for each of these, naming the line
    """
    if len(data) > MAX_BYTES:
        raise HashingError(f"it is larger than {MAX_BYTES} bytes", where=where)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise HashingError("it is not UTF-8 text", where=where, remedy=_REMEDY) from error
    if not text:
        raise HashingError("it names no file", where=where, remedy=_REMEDY)
    if not text.endswith("\n"):
        raise HashingError("its last line does not end with a line break and may be cut off", where=where)
    if text.count("\n") > MAX_FILES:
        raise HashingError(f"it names more than {MAX_FILES} files", where=where)
    found: dict[str, Digest] = {}
    meant: set[str] = set()
    for number, line in enumerate(text[:-1].split("\n"), start=1):
        path, digest = _parse_line(line, where=f"{where}, line {number}")
        plain = path.removeprefix("./")
        if plain in meant:
            raise HashingError(
                "the path stands twice", where=f"{where}, line {number}", remedy="Keep one of the lines."
            )
        meant.add(plain)
        found[path] = digest
    return found


def _parse_line(line: str, *, where: str) -> tuple[str, Digest]:
    if line.startswith("\\"):
        raise HashingError("backslash-escaped names are not read", where=where, remedy="Rename the file; see the docs.")
    match = _LINE.fullmatch(line)
    if match is None:
        raise HashingError("the line is not `<sha256>  <path>`", where=where, remedy=_REMEDY)
    _check_path(match["path"], where=where)
    return match["path"], Digest(SHA256, match["hex"].lower())


def _check_path(path: str, *, where: str) -> None:
    if not path or len(os.fsencode(path)) > _MAX_PATH:
        raise HashingError(f"a path has 1 to {_MAX_PATH} bytes", where=where)
    parts = path.removeprefix("/").removeprefix("./").split("/")
    while len(parts) > 1 and parts[0] == "..":
        del parts[0]
    for part in parts:
        if part in ("", ".", ".."):
            raise HashingError("the path is not in its shortest form", where=where, remedy=_REMEDY)
        try:
            check_name(part)
        except RefusedPath as error:
            raise HashingError(f"{error.what}: {part!a}", where=where, remedy=error.remedy) from error
